package io.backpool.cli;

import io.backpool.config.Cidr;
import io.backpool.config.Config;
import io.backpool.config.PoolConfig;
import io.backpool.proxyconf.Listen;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The options of {@code conf apache} for pools on other hosts than httpd. */
final class RemoteHosts {
    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec;

    @Option(
            names = "--host",
            paramLabel = "ADDRESS[=PREFIX]",
            split = ",",
            description =
                    "Hosts that have a pool of these settings each: the same ports, ADDRESS as"
                        + " pool.advertise, PREFIX as pool.route-prefix. Default of PREFIX: what a"
                        + " pool takes that has none, such as 10-0-0-5-m.")
    private List<String> hosts = List.of();

    @Option(
            names = "--pool",
            paramLabel = "URL",
            description =
                    "The admin listener of a pool that runs, which is asked for host, prefix, ports"
                            + " and number of its members, such as https://10.0.0.5:9990;"
                            + " repeatable. The rest is as in the settings of this command.")
    private List<URI> urls = List.of();

    @Option(names = "--cacert", paramLabel = "FILE", description = Pools.CACERT)
    private @Nullable Path cacert;

    @Option(
            names = "--manager-listen",
            paramLabel = "ADDRESS:PORT",
            converter = Conf.ListenConverter.class,
            description =
                    "Where pools on other hosts reach balancer-manager and server-status, plain"
                            + " HTTP; needs --manager-allow.")
    private @Nullable Listen managerListen;

    @Option(
            names = "--manager-allow",
            paramLabel = "NETWORK",
            split = ",",
            converter = Conf.NetworkConverter.class,
            description = "Who may use it, such as 10.0.0.0/24.")
    private List<Cidr> managerAllow = List.of();

    List<Cidr> managerAllow() {
        return managerAllow;
    }

    /** In the order given; empty: none was named. */
    List<PoolConfig> pools(Config config) {
        if (!hosts.isEmpty() && !urls.isEmpty()) {
            throw refused("--pool: stands beside --host, which is for pools that do not run yet");
        }
        return urls.isEmpty() ? hosts(config.pool()) : running(config);
    }

    private List<PoolConfig> running(Config config) {
        List<RunningPool> pools = new ArrayList<>();
        for (URI url : urls) {
            var client = new AdminClient(Pools.base(url, spec), config.admin(), cacert);
            var pool = RunningPool.ask(client, config.pool());
            pools.forEach(pool::checkBeside);
            pools.add(pool);
        }
        return pools.stream().map(RunningPool::settings).toList();
    }

    /** One pool a host. */
    private List<PoolConfig> hosts(PoolConfig pool) {
        List<PoolConfig> pools = new ArrayList<>();
        Set<String> seen = new HashSet<>();
        for (String text : hosts) {
            String[] parts = text.split("=", 2);
            PoolConfig there;
            try {
                there = pool.at(parts[0], parts.length == 2 ? parts[1] : null);
            } catch (IllegalArgumentException e) {
                throw refused(
                        "--host: was '%s', must be ADDRESS or ADDRESS=PREFIX, such as 10.0.0.5=a"
                                .formatted(text));
            }
            if (!seen.add(there.host()) || !seen.add("=" + there.routePrefix())) {
                throw refused(
                        "--host: %s or its route prefix %s is there twice"
                                .formatted(there.host(), there.routePrefix()));
            }
            pools.add(there);
        }
        return pools;
    }

    /**
     * Where balancer-manager is by these options; null: they don't say.
     *
     * @param configured where the pool's settings look for it
     */
    @Nullable URI manager(URI configured) {
        if (managerListen == null) {
            if (!managerAllow.isEmpty()) {
                throw refused("--manager-allow: needs --manager-listen beside it");
            }
            return null;
        }
        String address = managerListen.address();
        if (managerAllow.isEmpty()) {
            throw refused(
                    "--manager-listen: needs --manager-allow beside it, the networks of the pools:"
                            + " who reaches balancer-manager can take members out");
        }
        if (address.isEmpty() || address.equals("0.0.0.0") || address.equals("[::]")) {
            throw refused(
                    "--manager-listen: must be one address of this host, such as"
                            + " 10.0.0.1:9980, not all");
        }
        return URI.create("http://" + managerListen + configured.getPath());
    }

    private ParameterException refused(String why) {
        return new ParameterException(spec.commandLine(), why);
    }
}
