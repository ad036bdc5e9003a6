package io.backpool.observe;

import io.backpool.config.AdminConfig;
import io.backpool.observe.PoolView.OwnMetrics;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Where Prometheus finds the metrics of every process of the pool, as its {@code http_sd_configs}
 * reads it. Immutable.
 */
final class ScrapeTargets {
    private final AdminConfig admin;
    private final PoolView pool;

    /** Of the pool that has this admin listener. */
    ScrapeTargets(AdminConfig admin, PoolView pool) {
        this.admin = admin;
        this.pool = pool;
    }

    /**
     * The targets as of now.
     *
     * @param asked the host that the asker named, which it can reach
     */
    List<TargetGroup> seenAs(String asked) {
        InetAddress bind = admin.bind();
        String host = bind.isAnyLocalAddress() ? asked : bind.getHostAddress();
        String address = host.contains(":") ? "[" + host + "]" : host;
        List<String> targets =
                Stream.concat(Stream.of(admin.port()), pool.otherAdminPorts().stream())
                        .map(other -> address + ":" + other)
                        .toList();
        List<TargetGroup> groups = new ArrayList<>();
        groups.add(
                new TargetGroup(
                        targets, admin.tls() == null ? Map.of() : Map.of("__scheme__", "https")));
        OwnMetrics own = pool.ownMetrics();
        if (own != null) {
            groups.add(
                    new TargetGroup(
                            own.ports().stream().map(other -> own.host() + ":" + other).toList(),
                            Map.of("__scheme__", "http", "__metrics_path__", own.path())));
        }
        return groups;
    }

    /** Addresses that have the same labels. */
    record TargetGroup(List<String> targets, Map<String, String> labels) {
        TargetGroup {
            targets = List.copyOf(targets);
            labels = Map.copyOf(labels);
        }
    }
}
