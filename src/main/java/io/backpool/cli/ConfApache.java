package io.backpool.cli;

import io.backpool.config.BalancerConfig;
import io.backpool.config.BalancerConfig.Membership;
import io.backpool.config.Cidr;
import io.backpool.config.Config;
import io.backpool.proxyconf.ApacheConf;
import io.backpool.proxyconf.FrontEnd;
import io.backpool.proxyconf.Listen;
import io.backpool.proxyconf.Protocol;
import io.backpool.server.AjpSecret;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** {@code conf apache}. */
@Command(
        name = "apache",
        description = "Print httpd's: a file for conf-available or conf.d, or a complete one.")
final class ConfApache implements Callable<Integer> {
    private static final int DEFAULT_MANAGER_PORT = 9980;

    @Spec private CommandSpec spec;

    @Option(
            names = "--protocol",
            paramLabel = "http|ajp|h2c",
            description =
                    "To the members. Default: what the first configured balancer says, else http,"
                            + " the only one with WebSocket.")
    private @Nullable Protocol protocol;

    @Option(
            names = "--membership",
            paramLabel = "static|join",
            description =
                    "static: httpd declares the members; join: with room to grow. Default: what"
                            + " the configured balancer says, else static.")
    private @Nullable Membership membership;

    @Option(
            names = "--listen",
            paramLabel = "[ADDRESS:]PORT",
            defaultValue = Conf.DEFAULT_LISTEN,
            converter = Conf.ListenConverter.class,
            description = "For clients. Default: ${DEFAULT-VALUE}, on all addresses.")
    private Listen listen;

    @Option(
            names = "--manager-port",
            paramLabel = "PORT",
            description =
                    "On 127.0.0.1, with balancer-manager and server-status; 0: none. Default: the"
                            + " configured balancer's, else 9980.")
    private @Nullable Integer managerPort;

    @Option(
            names = "--standalone",
            description = "A complete httpd.conf, which apache2 -f or httpd -f starts.")
    private boolean standalone;

    @Option(
            names = "--dir",
            defaultValue = "backpool-httpd",
            description =
                    "Run-time files of --standalone, made if absent. Default: ./backpool-httpd")
    private Path directory;

    @Option(
            names = "--auth",
            description =
                    "Tell the members who the user is whom this httpd authenticates. Default: where"
                            + " identity.user-header is set.")
    private boolean auth;

    @Option(
            names = "--behind",
            paramLabel = "NETWORK",
            split = ",",
            converter = NetworkConverter.class,
            description =
                    "Addresses in front of this httpd that end TLS or balance, such as 10.0.0.0/8:"
                            + " client address and scheme are what they say.")
    private List<Cidr> behind = List.of();

    @Override
    public Integer call() {
        Config config = ConfigOptions.read(spec);
        FrontEnd frontEnd = frontEnd(config);
        check(config, frontEnd);
        if (frontEnd.protocol() == Protocol.AJP) {
            AjpSecret.load(config.pool());
        }
        if (standalone) {
            Conf.make(directory, spec);
        }
        Conf.print(ApacheConf.render(config, frontEnd), spec);
        return ExitCode.OK;
    }

    private FrontEnd frontEnd(Config config) {
        BalancerConfig balancer = balancer(config);
        return new FrontEnd(
                balancer.name(),
                Protocol.valueOf(balancer.protocol().name()),
                membership == null ? balancer.membership() : membership,
                listen,
                standalone,
                directory,
                auth || config.trust().identity().userHeader() != null,
                behind,
                manager(balancer));
    }

    /** The configured one that this file is for, or what stands for it where none is. */
    private BalancerConfig balancer(Config config) {
        return config.balancers().stream()
                .filter(
                        balancer ->
                                protocol == null
                                        || protocol.name().equals(balancer.protocol().name()))
                .findFirst()
                .orElseGet(
                        () ->
                                new BalancerConfig(
                                        onLoopback(DEFAULT_MANAGER_PORT),
                                        config.pool().name(),
                                        protocol == null
                                                ? BalancerConfig.Protocol.HTTP
                                                : BalancerConfig.Protocol.valueOf(protocol.name()),
                                        Membership.STATIC,
                                        null,
                                        null));
    }

    private @Nullable URI manager(BalancerConfig balancer) {
        if (managerPort == null) {
            return balancer.manager();
        }
        return managerPort == 0 ? null : onLoopback(managerPort);
    }

    private static URI onLoopback(int port) {
        return URI.create("http://127.0.0.1:" + port + "/balancer-manager");
    }

    private void check(Config config, FrontEnd frontEnd) {
        if (managerPort != null && (managerPort < 0 || managerPort > 65_535)) {
            refuse("--manager-port: was " + managerPort + ", must be 0 (none) to 65535");
        }
        URI manager = frontEnd.manager();
        if (manager != null) {
            check(manager);
        }
        if (frontEnd.protocol() == Protocol.AJP) {
            checkAjp(config, frontEnd);
        }
    }

    private void check(URI manager) {
        if (!manager.getScheme().equals("http")
                || !List.of("127.0.0.1", "localhost").contains(manager.getHost())) {
            refuse(
                    "only a manager on http://127.0.0.1 can be printed, the configured one is "
                            + manager
                            + ": write its vhost yourself and say --manager-port 0");
        }
        if (manager.getPort() == listen.port()) {
            refuse(
                    "balancer-manager and --listen must be different ports, both are "
                            + listen.port());
        }
    }

    private void checkAjp(Config config, FrontEnd frontEnd) {
        if (!config.pool().hasAjp()) {
            refuse("--protocol ajp: the members have no AJP listener, pool.ajp-port is 0");
        }
        if (frontEnd.membership() == Membership.JOIN) {
            refuse(
                    "--protocol ajp --membership join: httpd has no way to give a joined member the"
                            + " AJP secret, say --membership static");
        }
    }

    /** {@code --behind}. */
    static final class NetworkConverter implements ITypeConverter<Cidr> {
        @Override
        public Cidr convert(String text) {
            try {
                return Cidr.parse(text);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(
                        "was '" + text + "', must be a network such as 10.0.0.0/8 or an address");
            }
        }
    }

    private void refuse(String why) {
        throw new ParameterException(spec.commandLine(), why);
    }
}
