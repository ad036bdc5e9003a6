package io.backpool.cli;

import io.backpool.config.Config;
import io.backpool.proxyconf.HaproxyConf;
import io.backpool.proxyconf.Listen;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code conf haproxy}. */
@Command(name = "haproxy", description = "Print a complete configuration for HAProxy.")
final class ConfHaproxy implements Callable<Integer> {
    @Spec private CommandSpec spec;

    @Option(
            names = "--listen",
            paramLabel = "[ADDRESS:]PORT",
            defaultValue = Conf.DEFAULT_LISTEN,
            converter = Conf.ListenConverter.class,
            description = "For clients. Default: ${DEFAULT-VALUE}, on all addresses.")
    private Listen listen;

    @Override
    public Integer call() {
        Config config = ConfigOptions.read(spec);
        Conf.refuseTls(config, spec);
        Conf.print(HaproxyConf.render(config, listen), spec);
        return ExitCode.OK;
    }
}
