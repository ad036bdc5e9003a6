package io.backpool.cli;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;

/** {@code status}: what the pool and each httpd say of every member. */
@Command(
        name = "status",
        description = "Show what the running pool and each joined httpd say of each member.")
final class Status implements Callable<Integer> {
    @Spec private CommandSpec spec;

    @Option(names = "--json", description = "Print JSON instead of a table.")
    private boolean json;

    @Override
    public Integer call() {
        JsonNode status = new AdminClient(ConfigOptions.read(spec).admin()).get("status.json");
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(status.toPrettyString());
        } else {
            table(status).forEach(out::println);
        }
        return ExitCode.OK;
    }

    private static List<String> table(JsonNode status) {
        List<String> lines = new ArrayList<>();
        lines.add(
                row(
                        "ROUTE",
                        "STATE",
                        "PID",
                        "HTTP",
                        "AJP",
                        "IN FLIGHT",
                        "RESTARTS",
                        "VERSION",
                        "IN HTTPD'S ROTATION"));
        for (JsonNode member : status.get("members")) {
            lines.add(
                    row(
                            member.get("route").asString(),
                            member.get("state").asString(),
                            member.get("pid").asString(),
                            member.get("httpPort").asString(),
                            member.get("ajpPort").asString(),
                            member.get("inFlight").asString(),
                            member.get("restarts").asString(),
                            member.get("version").asString(),
                            StatusText.states(member)));
        }
        status.get("pendingSettings")
                .forEach(
                        setting ->
                                lines.add(
                                        "needs a restart of the whole pool: "
                                                + setting.asString()));
        lines.add("");
        lines.add(StatusText.doctor(status));
        lines.addAll(StatusText.verdict(status));
        return lines;
    }

    private static String row(Object... cells) {
        return "%-8s %-9s %8s %6s %6s %9s %8s %-14s  %s".formatted(cells);
    }
}
