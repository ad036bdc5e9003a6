package io.backpool.cli;

import java.io.PrintWriter;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;

/** {@code restart}: a rolling restart, shown step by step. */
@Command(
        name = "restart",
        description = {
            "Restart the pool's processes one after the other, no client's request fails. Takes up"
                    + " a new backend.jar and a changed backend.yaml. Needs pool.processes: true."
        })
final class Restart implements Callable<Integer> {
    @Spec private CommandSpec spec;

    @Parameters(arity = "0..1", paramLabel = "ROUTE", description = "Only this member.")
    private @Nullable String route;

    @Option(
            names = "--parallel",
            paramLabel = "N",
            defaultValue = "1",
            description = "How many members at a time. Default: ${DEFAULT-VALUE}")
    private int parallel;

    @Override
    public Integer call() {
        var pool = new AdminClient(ConfigOptions.read(spec).admin());
        pool.post(
                route == null
                        ? "restart?parallel=" + parallel
                        : "members/" + AdminClient.segment(route) + "/restart");
        return show(pool, spec.commandLine().getOut());
    }

    private static int show(AdminClient pool, PrintWriter out) {
        int shown = 0;
        while (true) {
            JsonNode progress = pool.get("restart");
            JsonNode steps = progress.get("steps");
            for (; shown < steps.size(); shown++) {
                out.println(steps.get(shown).asString());
                out.flush();
            }
            if (!progress.get("running").asBoolean()) {
                JsonNode error = progress.get("error");
                if (!error.isNull()) {
                    throw new CommandFailed(ExitCode.UNAVAILABLE, error.asString());
                }
                return ExitCode.OK;
            }
            AdminClient.pause();
        }
    }
}
