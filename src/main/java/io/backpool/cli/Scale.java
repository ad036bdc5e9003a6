package io.backpool.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code scale}: more or fewer members, live. */
@Command(
        name = "scale",
        description = "Run more or fewer members; those with the highest numbers come and go.")
final class Scale implements Callable<Integer> {
    @Mixin private Pools pools = new Pools();

    @Parameters(paramLabel = "N", description = "How many members of each pool, 1 to 100.")
    private int members;

    @Option(names = "--force", description = "Even if no member that stays serves: requests fail.")
    private boolean force;

    @Override
    public Integer call() {
        pools.change("scale?members=" + members + (force ? "&force=1" : ""), "change");
        return ExitCode.OK;
    }
}
