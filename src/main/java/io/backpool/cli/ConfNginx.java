package io.backpool.cli;

import io.backpool.config.Config;
import io.backpool.proxyconf.Listen;
import io.backpool.proxyconf.NginxConf;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code conf nginx}. */
@Command(name = "nginx", description = "Print a complete configuration for Nginx.")
final class ConfNginx implements Callable<Integer> {
    @Spec private CommandSpec spec;

    @Option(
            names = "--listen",
            paramLabel = "[ADDRESS:]PORT",
            defaultValue = Conf.DEFAULT_LISTEN,
            converter = Conf.ListenConverter.class,
            description = "For clients. Default: ${DEFAULT-VALUE}, on all addresses.")
    private Listen listen;

    @Option(
            names = "--dir",
            defaultValue = "backpool-nginx",
            description = "Run-time files, made if absent. Default: ./backpool-nginx")
    private Path directory;

    @Override
    public Integer call() {
        Config config = ConfigOptions.read(spec);
        Conf.refuseTls(config, spec);
        Conf.make(directory, spec);
        Conf.print(NginxConf.render(config, listen, directory), spec);
        return ExitCode.OK;
    }
}
