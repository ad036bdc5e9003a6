package io.backpool.cli;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
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
                    + " Undo with resume, without a ROUTE.",
            "With --hold members stay in httpd, and new requests wait in them until resume: a short"
                    + " migration costs no client an error. No restart, upgrade or scale meanwhile."
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

    @Option(
            names = "--hold",
            paramLabel = "SECONDS",
            description =
                    "How long a new request waits in its member until resume; then it gets 503."
                        + " Less than limits.request-timeout, 100 at most. Without: none waits.")
    private @Nullable Integer hold;

    @Override
    public Integer call() {
        for (AdminClient pool : pools.all()) {
            pause(pool);
        }
        return ExitCode.OK;
    }

    private void pause(AdminClient pool) {
        PrintWriter out = spec.commandLine().getOut();
        pool.post(hold == null ? "pause" : "pause?hold=" + hold);
        if (!pool.awaitAll(OUT, hold == null ? Pause::isOut : Pause::isHolding)) {
            throw new CommandFailed(
                    ExitCode.FAILED,
                    "%s is paused, and not everywhere within %d s: see status"
                            .formatted(pool.name(), OUT.toSeconds()));
        }
        if (!pool.awaitAll(Duration.ofSeconds(wait), Pause::isIdle)) {
            throw new CommandFailed(
                    ExitCode.FAILED,
                    "%s is paused, and after %d s requests are still in flight: see status"
                            .formatted(pool.name(), wait));
        }
        out.println(pool.name() + " is paused, no request is in flight");
        if (hold != null) {
            out.println("New requests wait, each for at most %d s".formatted(hold));
        }
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

    /** One that is not ready gets requests only when it holds them. */
    private static boolean isHolding(JsonNode member) {
        return !member.get("ready").asBoolean() || member.get("held").asInt() >= 0;
    }

    private static boolean isIdle(JsonNode member) {
        return member.get("inFlight").asInt() <= 0;
    }
}
