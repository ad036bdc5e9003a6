package io.backpool.cli;

import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;

/** {@code scale}: more or fewer members, live. */
@Command(
        name = "scale",
        description = "Run more or fewer members; those with the highest numbers come and go.")
final class Scale implements Callable<Integer> {
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    @Spec private CommandSpec spec;

    @Parameters(paramLabel = "N", description = "How many members, 1 to 100.")
    private int members;

    @Override
    public Integer call() {
        var pool = new AdminClient(ConfigOptions.read(spec).admin());
        pool.post("scale?members=" + members);
        pool.await(PATIENCE, this::isReached);
        spec.commandLine().getOut().println(members + " members are serving");
        return ExitCode.OK;
    }

    private boolean isReached(JsonNode status) {
        JsonNode all = status.get("members");
        return all.size() == members
                && all.valueStream()
                        .allMatch(member -> member.get("state").asString().equals("serving"));
    }
}
