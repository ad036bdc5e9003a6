package io.backpool.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code check}: reads the configuration, makes the application and starts nothing. */
@Command(
        name = "check",
        description =
                "Read the configuration and look into the application's jar, say ok or every"
                        + " mistake; start nothing.")
final class Check implements Callable<Integer> {
    @Spec private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        Serve.application(ConfigOptions.read(spec), null).close();
        spec.commandLine().getOut().println("ok");
        return ExitCode.OK;
    }
}
