package io.backpool.cli;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;

/** {@code pause}: no client reaches a member, until {@code resume}. */
@Command(
        name = "pause",
        description = {
            "Take all members out of every httpd, which answers 503 then; requests that have begun"
                    + " are finished, and waited for. Members go on running, and may be restarted."
                    + " Undo with resume, without a ROUTE."
        })
final class Pause implements Callable<Integer> {
    private static final Duration OUT = Duration.ofSeconds(30);

    @Spec private CommandSpec spec;

    @Mixin private Pools pools = new Pools();

    @Option(
            names = "--wait",
            paramLabel = "SECONDS",
            defaultValue = "60",
            description = "How long for requests that have begun. Default: ${DEFAULT-VALUE}")
    private int wait;

    @Override
    public Integer call() {
        for (AdminClient pool : pools.all()) {
            pause(pool);
        }
        return ExitCode.OK;
    }

    private void pause(AdminClient pool) {
        PrintWriter out = spec.commandLine().getOut();
        pool.post("pause");
        if (!pool.awaitAll(OUT, Pause::isOut)) {
            throw new CommandFailed(
                    ExitCode.FAILED,
                    "%s is paused, and not every httpd has done so within %d s: see status"
                            .formatted(pool.name(), OUT.toSeconds()));
        }
        if (!pool.awaitAll(Duration.ofSeconds(wait), Pause::isIdle)) {
            throw new CommandFailed(
                    ExitCode.FAILED,
                    "%s is paused, and after %d s requests are still in flight: see status"
                            .formatted(pool.name(), wait));
        }
        out.println(pool.name() + " is paused, no request is in flight");
        out.println("End it with: java -jar backend.jar resume");
        out.flush();
    }

    /** Disabled, not only drained: no client that sticks to it comes either. */
    private static boolean isOut(JsonNode member) {
        return member.get("rotation").properties().stream()
                .allMatch(
                        httpd -> {
                            String flags =
                                    member.get("balancers").path(httpd.getKey()).asString("");
                            return httpd.getValue().get("state").asString().equals("out")
                                    && (flags.isEmpty() || flags.contains("Dis"));
                        });
    }

    private static boolean isIdle(JsonNode member) {
        return member.get("inFlight").asInt() <= 0;
    }
}
