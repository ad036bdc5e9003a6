package io.backpool.observe;

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
    private final InetAddress bind;
    private final int port;
    private final PoolView pool;

    /** Of the pool whose admin listener is on {@code port}. */
    ScrapeTargets(InetAddress bind, int port, PoolView pool) {
        this.bind = bind;
        this.port = port;
        this.pool = pool;
    }

    /**
     * The targets as of now.
     *
     * @param asked the host that the asker named, which it can reach
     */
    List<TargetGroup> seenAs(String asked) {
        String host = bind.isAnyLocalAddress() ? asked : bind.getHostAddress();
        String address = host.contains(":") ? "[" + host + "]" : host;
        List<String> targets =
                Stream.concat(Stream.of(port), pool.otherAdminPorts().stream())
                        .map(other -> address + ":" + other)
                        .toList();
        List<TargetGroup> groups = new ArrayList<>(List.of(new TargetGroup(targets, Map.of())));
        OwnMetrics own = pool.ownMetrics();
        if (own != null) {
            groups.add(
                    new TargetGroup(
                            own.ports().stream().map(other -> own.host() + ":" + other).toList(),
                            Map.of("__metrics_path__", own.path())));
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
