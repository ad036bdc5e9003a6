package io.backpool.cli;

import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;

/** {@code resume}: puts a member back into the rotation. */
@Command(
        name = "resume",
        description =
                "Put a member back into the rotation, also one that was taken out in httpd; without"
                        + " a ROUTE end a pause.")
final class Resume implements Callable<Integer> {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @Spec private CommandSpec spec;

    @Mixin private Pools pools = new Pools();

    @Parameters(
            arity = "0..1",
            paramLabel = "ROUTE",
            description = "The member's route, such as m1.")
    private @Nullable String route;

    @Override
    public Integer call() {
        if (route == null) {
            pools.all().forEach(this::endPause);
            return ExitCode.OK;
        }
        AdminClient pool = pools.having(route);
        pool.post("members/" + AdminClient.segment(route) + "/resume");
        JsonNode status = pool.await(route, PATIENCE, Resume::isIn);
        spec.commandLine().getOut().println(route + " is serving");
        StatusText.verdict(status).forEach(spec.commandLine().getOut()::println);
        return ExitCode.OK;
    }

    private void endPause(AdminClient pool) {
        pool.post("resume");
        pool.awaitAll(PATIENCE, member -> !member.get("state").asString().equals("joining"));
        StatusText.verdict(pool.get("status.json")).forEach(spec.commandLine().getOut()::println);
    }

    private static boolean isIn(JsonNode member) {
        return member.get("state").asString().equals("serving")
                && member.get("rotation")
                        .valueStream()
                        .allMatch(httpd -> httpd.get("state").asString().equals("in"));
    }
}
