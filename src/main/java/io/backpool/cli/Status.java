package io.backpool.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** {@code status}: what the pool and each httpd say of every member. */
@Command(
        name = "status",
        description = "Show what the running pool and each joined httpd say of each member.")
final class Status implements Callable<Integer> {
    /** Columns of a route. */
    private static final int LEAST_ROUTE = 8;

    @Spec private CommandSpec spec;

    @Mixin private Pools pools = new Pools();

    @Option(names = "--json", description = "Print JSON instead of a table.")
    private boolean json;

    @Override
    public Integer call() {
        List<AdminClient> all = pools.all();
        if (all.size() == 1) {
            JsonNode status = all.get(0).get("status.json");
            print(json ? List.of(status.toPrettyString()) : table(status));
            return ExitCode.OK;
        }
        return json ? printJson(all) : printTables(all);
    }

    /** One after the other; one that is away hides none. */
    private int printTables(List<AdminClient> all) {
        int exit = ExitCode.OK;
        for (AdminClient pool : all) {
            print(List.of(pool.name()));
            try {
                print(table(pool.get("status.json")));
            } catch (CommandFailed e) {
                print(List.of(String.valueOf(e.getMessage())));
                exit = e.exitCode();
            }
            print(List.of(""));
        }
        return exit;
    }

    /** By name; null: it is away. */
    private int printJson(List<AdminClient> all) {
        int exit = ExitCode.OK;
        ObjectNode statuses = new JsonMapper().createObjectNode();
        for (AdminClient pool : all) {
            try {
                statuses.set(pool.name(), pool.get("status.json"));
            } catch (CommandFailed e) {
                statuses.putNull(pool.name());
                exit = e.exitCode();
            }
        }
        print(List.of(statuses.toPrettyString()));
        return exit;
    }

    private void print(List<String> lines) {
        lines.forEach(spec.commandLine().getOut()::println);
    }

    private static List<String> table(JsonNode status) {
        List<String> lines = new ArrayList<>();
        int width =
                status.get("members")
                        .valueStream()
                        .mapToInt(member -> member.get("route").asString().length())
                        .reduce(LEAST_ROUTE, Math::max);
        lines.add(
                row(
                        width,
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
                            width,
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

    private static String row(int width, Object... cells) {
        return ("%-" + width + "s %-9s %8s %6s %6s %9s %8s %-14s  %s").formatted(cells);
    }
}
