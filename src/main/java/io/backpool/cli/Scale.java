package io.backpool.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code scale}: more or fewer members, live. */
@Command(
        name = "scale",
        description = "Run more or fewer members; those with the highest numbers come and go.")
final class Scale implements Callable<Integer> {
    @Spec private CommandSpec spec;

    @Parameters(paramLabel = "N", description = "How many members, 1 to 100.")
    private int members;

    @Option(names = "--force", description = "Even if no member that stays serves: requests fail.")
    private boolean force;

    @Override
    public Integer call() {
        var pool = new AdminClient(ConfigOptions.read(spec).admin());
        pool.post("scale?members=" + members + (force ? "&force=1" : ""));
        pool.awaitChange("change", spec.commandLine().getOut());
        StatusText.verdict(pool.get("status.json")).forEach(spec.commandLine().getOut()::println);
        return ExitCode.OK;
    }
}
