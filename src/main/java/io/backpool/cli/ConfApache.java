package io.backpool.cli;

import io.backpool.config.Config;
import io.backpool.proxyconf.ApacheConf;
import io.backpool.proxyconf.FrontEnd;
import io.backpool.proxyconf.Listen;
import io.backpool.proxyconf.Protocol;
import io.backpool.server.AjpSecret;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code conf apache}. */
@Command(
        name = "apache",
        description = "Print httpd's: a file for conf-available or conf.d, or a complete one.")
final class ConfApache implements Callable<Integer> {
    @Spec private CommandSpec spec;

    @Option(
            names = "--protocol",
            paramLabel = "http|ajp|h2c",
            defaultValue = "http",
            description = "To the members. Default: http, the only one with WebSocket.")
    private Protocol protocol;

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
            defaultValue = "9980",
            description =
                    "On 127.0.0.1, with balancer-manager and server-status; 0: none. Default:"
                            + " ${DEFAULT-VALUE}")
    private int managerPort;

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

    @Override
    public Integer call() {
        Config config = ConfigOptions.read(spec);
        check(config);
        if (protocol == Protocol.AJP) {
            AjpSecret.load(config.pool());
        }
        if (standalone) {
            Conf.make(directory, spec);
        }
        var frontEnd = new FrontEnd(protocol, listen, standalone, directory, managerPort);
        Conf.print(ApacheConf.render(config, frontEnd), spec);
        return ExitCode.OK;
    }

    private void check(Config config) {
        if (managerPort < 0 || managerPort > 65_535) {
            refuse("--manager-port: was " + managerPort + ", must be 0 (none) to 65535");
        }
        if (managerPort == listen.port()) {
            refuse("--manager-port and --listen must be different ports, both are " + managerPort);
        }
        if (protocol == Protocol.AJP && !config.pool().hasAjp()) {
            refuse("--protocol ajp: the members have no AJP listener, pool.ajp-port is 0");
        }
    }

    private void refuse(String why) {
        throw new ParameterException(spec.commandLine(), why);
    }
}
