package io.backpool.cli;

import io.backpool.config.BalancerConfig;
import io.backpool.config.BalancerConfig.Membership;
import io.backpool.config.BalancerConfig.Protocol;
import io.backpool.config.Cidr;
import io.backpool.config.Config;
import io.backpool.config.PoolConfig;
import io.backpool.config.TlsConfig;
import io.backpool.proxyconf.ApacheConf;
import io.backpool.proxyconf.FrontEnd;
import io.backpool.proxyconf.Listen;
import io.backpool.server.AjpSecret;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

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
            names = "--clients",
            paramLabel = "N",
            description =
                    "With --standalone: how many clients at once httpd's threads are for, 1 to"
                            + " 10000. Default: 1000.")
    private @Nullable Integer clients;

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
            converter = Conf.NetworkConverter.class,
            description =
                    "Addresses in front of this httpd that end TLS or balance, such as 10.0.0.0/8:"
                            + " client address and scheme are what they say.")
    private List<Cidr> behind = List.of();

    @Option(
            names = "--member-ca",
            paramLabel = "FILE",
            description =
                    "With pool.tls: where httpd has the CA of the members' certificates, PEM"
                            + " (SSLProxyCACertificateFile).")
    private @Nullable Path memberCa;

    @Option(
            names = "--client-certificate",
            paramLabel = "FILE",
            description =
                    "With pool.tls.client-ca: where httpd has its own certificate and the key, PEM"
                            + " (SSLProxyMachineCertificateFile).")
    private @Nullable Path clientCertificate;

    @Mixin private final RemoteHosts remote = new RemoteHosts();

    /** {@code --name}: of the balancer that is meant, where several are configured. */
    private @Nullable String name;

    @Option(
            names = "--output",
            paramLabel = "FILE",
            description =
                    "Write it there, whole or not at all; with --standalone only if httpd -t takes"
                            + " it. Default: standard output.")
    private @Nullable Path output;

    @Override
    public Integer call() {
        Config config = ConfigOptions.read(spec);
        name = spec.commandLine().getParseResult().matchedOptionValue("--name", null);
        FrontEnd frontEnd = frontEnd(config);
        checkManagerPort();
        checkClients();
        checkTls(config.pool(), frontEnd);
        new FrontEndChecks(config.pool(), frontEnd, spec).run();
        if (frontEnd.speaks(Protocol.AJP)) {
            AjpSecret.load(config.pool());
        }
        if (standalone) {
            Conf.make(directory, spec);
        }
        String text = ApacheConf.render(config, frontEnd);
        if (output == null) {
            Conf.print(text, spec);
        } else {
            Conf.print(OutputFile.write(text, output, standalone) + System.lineSeparator(), spec);
        }
        URI manager = frontEnd.manager();
        if (name != null
                && manager != null
                && config.balancers().stream().noneMatch(this::isMeant)) {
            spec.commandLine()
                    .getErr()
                    .printf(
                            "The pool needs this front end, too: %s%n",
                            pair(manager, name, frontEnd));
        }
        return ExitCode.OK;
    }

    private static String pair(URI manager, String name, FrontEnd frontEnd) {
        return "--balancer %s,name=%s,protocol=%s,membership=%s"
                .formatted(
                        manager,
                        name,
                        frontEnd.protocol().name().toLowerCase(Locale.ROOT),
                        frontEnd.membership().name().toLowerCase(Locale.ROOT));
    }

    private boolean isMeant(BalancerConfig balancer) {
        return (protocol == null || protocol == balancer.protocol())
                && (name == null || name.equals(balancer.name()));
    }

    private FrontEnd frontEnd(Config config) {
        BalancerConfig balancer = balancer(config);
        Membership wanted = membership == null ? balancer.membership() : membership;
        return new FrontEnd(
                balancer.name(),
                balancer.protocol(),
                wanted,
                listen,
                standalone,
                directory,
                clients == null ? FrontEnd.DEFAULT_CLIENTS : clients,
                auth || config.trust().identity().userHeader() != null,
                behind,
                manager(balancer),
                remote.managerAllow(),
                others(config, balancer, wanted),
                remote.pools(config),
                tls(config.pool()));
    }

    private FrontEnd.@Nullable ProxyTls tls(PoolConfig pool) {
        return pool.tls() == null || memberCa == null
                ? null
                : new FrontEnd.ProxyTls(memberCa, clientCertificate);
    }

    /**
     * Further balancers in the same httpd, but that for {@code Expect}; none where one was named.
     * With another membership they want a file of their own: BalancerPersist is said once.
     */
    private List<FrontEnd.Balancer> others(
            Config config, BalancerConfig first, Membership membership) {
        if (name != null) {
            return List.of();
        }
        List<BalancerConfig> all =
                config.balancers().stream()
                        .filter(it -> it.manager().equals(first.manager()) && !it.equals(first))
                        .filter(it -> !it.name().equals(first.name() + FrontEnd.EXPECT))
                        .toList();
        all.stream()
                .filter(it -> it.membership() != membership)
                .forEach(
                        it ->
                                spec.commandLine()
                                        .getErr()
                                        .printf(
                                                "balancer://%1$s is left out, its membership is"
                                                        + " another: conf apache --name %1$s%n",
                                                it.name()));
        return all.stream()
                .filter(it -> it.membership() == membership)
                .map(it -> new FrontEnd.Balancer(it.name(), it.protocol()))
                .toList();
    }

    /** The configured one that this file is for, or what stands for it where none is. */
    private BalancerConfig balancer(Config config) {
        return config.balancers().stream()
                .filter(this::isMeant)
                .findFirst()
                .orElseGet(
                        () ->
                                new BalancerConfig(
                                        onLoopback(DEFAULT_MANAGER_PORT),
                                        config.pool().name(),
                                        protocol == null ? Protocol.HTTP : protocol,
                                        Membership.STATIC,
                                        null,
                                        null));
    }

    private @Nullable URI manager(BalancerConfig balancer) {
        URI elsewhere = remote.manager(balancer.manager());
        if (elsewhere != null) {
            if (managerPort != null) {
                throw new ParameterException(
                        spec.commandLine(), "--manager-port: stands beside --manager-listen");
            }
            return elsewhere;
        }
        if (managerPort == null) {
            return balancer.manager();
        }
        return managerPort == 0 ? null : onLoopback(managerPort);
    }

    private void checkManagerPort() {
        if (managerPort != null && (managerPort < 0 || managerPort > 65_535)) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--manager-port: was " + managerPort + ", must be 0 (none) to 65535");
        }
    }

    private void checkTls(PoolConfig pool, FrontEnd frontEnd) {
        TlsConfig tls = pool.tls();
        if (tls == null) {
            if (memberCa != null || clientCertificate != null) {
                throw new ParameterException(
                        spec.commandLine(),
                        "--member-ca, --client-certificate: only with pool.tls, the members speak"
                                + " no TLS");
            }
        } else if (frontEnd.speaks(Protocol.H2C)) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--protocol h2c: that is HTTP/2 without TLS, and the members speak TLS"
                            + " (pool.tls): say http");
        } else if (frontEnd.speaks(Protocol.HTTP) && memberCa == null) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--member-ca: is missing, with pool.tls httpd needs the CA of the members'"
                            + " certificates, PEM; for one that signed itself, that certificate");
        } else if (frontEnd.speaks(Protocol.HTTP)
                && (tls.clientCa() != null) != (clientCertificate != null)) {
            throw new ParameterException(
                    spec.commandLine(),
                    tls.clientCa() != null
                            ? "--client-certificate: is missing, the members want one"
                                    + " (pool.tls.client-ca): a PEM file with certificate and key"
                            : "--client-certificate: the members want none, pool.tls.client-ca is"
                                    + " not set");
        }
    }

    private void checkClients() {
        if (clients == null) {
            return;
        }
        if (clients < 1 || clients > FrontEnd.MOST_CLIENTS) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--clients: was %d, must be 1 to %d".formatted(clients, FrontEnd.MOST_CLIENTS));
        }
        if (!standalone) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--clients: only with --standalone; a distribution's httpd has its threads in a"
                        + " file of its own, such as /etc/apache2/mods-available/mpm_event.conf");
        }
    }

    private static URI onLoopback(int port) {
        return URI.create("http://127.0.0.1:" + port + "/balancer-manager");
    }
}
