package io.backpool.cli;

import io.backpool.config.YamlExample;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code conf yaml}. */
@Command(
        name = "yaml",
        description =
                "Print a backend.yaml with every setting in comments: default, what is allowed, and"
                        + " what it is.",
        mixinStandardHelpOptions = true)
final class ConfYaml implements Callable<Integer> {
    @Spec private CommandSpec spec;

    @Override
    public Integer call() {
        Conf.print(YamlExample.render(), spec);
        return ExitCode.OK;
    }
}
