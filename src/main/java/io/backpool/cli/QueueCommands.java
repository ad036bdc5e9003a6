package io.backpool.cli;

import java.io.PrintWriter;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;

/**
 * {@code queue}: what becomes of messages that were given up. Of one pool: several may share a
 * queue.
 */
@Command(
        name = "queue",
        description = "List, retry or drop dead messages: those whose handler failed each time.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND")
final class QueueCommands {
    private static final int PAGE = 1_000;

    /** {@code queue list}. */
    @Command(name = "list", description = "List dead messages, the latest first.")
    static final class Listing implements Callable<Integer> {
        @Spec private CommandSpec spec;

        @Mixin private Pools pools = new Pools();

        @SuppressWarnings("unused") // picocli sets it; it says what happens anyway
        @Option(names = "--dead", description = "The dead ones, which is the default.")
        private boolean dead;

        @Option(names = "--limit", paramLabel = "N", description = "At most so many, 1 to 1000.")
        private int limit = 100;

        @Option(names = "--json", description = "Print JSON instead of a table.")
        private boolean json;

        @Override
        public Integer call() {
            JsonNode answer = pools.one().get("queue/dead?limit=" + limit);
            PrintWriter out = spec.commandLine().getOut();
            if (json) {
                out.println(answer.toPrettyString());
                return ExitCode.OK;
            }
            out.println("%-36s %8s  %-20s  %s".formatted("ID", "ATTEMPTS", "SINCE", "REASON"));
            for (JsonNode one : answer.get("messages")) {
                out.println(
                        "%-36s %8s  %-20s  %s"
                                .formatted(
                                        one.get("id").asString(),
                                        one.get("attempts").asString(),
                                        Instant.ofEpochSecond(one.get("since").asLong() / 1_000),
                                        printable(one.get("reason").asString())));
            }
            return ExitCode.OK;
        }

        /** One line, whatever an exception said. */
        private static String printable(String reason) {
            return reason.replaceAll("\\p{Cntrl}+", " ");
        }
    }

    /** {@code queue retry}. */
    @Command(
            name = "retry",
            description = "Queue dead messages again, as if they had never been tried.")
    static final class Retry implements Callable<Integer> {
        @Spec private CommandSpec spec;

        @Mixin private Pools pools = new Pools();

        @Parameters(paramLabel = "ID", arity = "0..*", description = "As list shows it.")
        private List<String> ids = List.of();

        @Option(names = "--all", description = "All that are dead now.")
        private boolean all;

        @Override
        public Integer call() {
            if (all == !ids.isEmpty()) {
                throw new ParameterException(spec.commandLine(), "Give either an ID or --all");
            }
            AdminClient pool = pools.one();
            int count = all ? retryAll(pool) : each(pool, "retry", ids);
            spec.commandLine().getOut().println(count + " queued again");
            return ExitCode.OK;
        }

        /** Those that die again meanwhile are not tried once more. */
        private static int retryAll(AdminClient pool) {
            Set<String> seen = new HashSet<>();
            while (true) {
                List<String> fresh =
                        pool.get("queue/dead?limit=" + PAGE)
                                .get("messages")
                                .valueStream()
                                .map(one -> one.get("id").asString())
                                .filter(seen::add)
                                .toList();
                if (fresh.isEmpty()) {
                    return seen.size();
                }
                each(pool, "retry", fresh);
            }
        }
    }

    /** {@code queue drop}. */
    @Command(name = "drop", description = "Delete dead messages.")
    static final class Drop implements Callable<Integer> {
        @Spec private CommandSpec spec;

        @Mixin private Pools pools = new Pools();

        @Parameters(paramLabel = "ID", arity = "1..*", description = "As list shows it.")
        private List<String> ids = List.of();

        @Override
        public Integer call() {
            int count = each(pools.one(), "drop", ids);
            spec.commandLine().getOut().println(count + " dropped");
            return ExitCode.OK;
        }
    }

    private static int each(AdminClient pool, String change, List<String> ids) {
        ids.forEach(id -> pool.post("queue/" + change + "?id=" + AdminClient.segment(id)));
        return ids.size();
    }
}
