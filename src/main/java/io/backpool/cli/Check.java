package io.backpool.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code check}: reads the configuration and starts nothing. */
@Command(
        name = "check",
        description = "Read the configuration, say ok or every mistake; start nothing.")
final class Check implements Callable<Integer> {
    @Spec private CommandSpec spec;

    @Override
    public Integer call() {
        ConfigOptions.read(spec);
        spec.commandLine().getOut().println("ok");
        return ExitCode.OK;
    }
}
