package io.backpool.reliability;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Operations, one after the other, in a world of their own. */
final class Run {
    private final Setup setup;
    private final Flags flags;
    private final Figures figures;
    private final long patienceMillis;

    /** What was done, and how it failed, if it did. */
    record Outcome(List<Operation> operations, @Nullable Violation violation, String logs) {}

    Run(Setup setup, Flags flags, Figures figures, int patienceSeconds) {
        this.setup = setup;
        this.flags = flags;
        this.figures = figures;
        this.patienceMillis = TimeUnit.SECONDS.toMillis(patienceSeconds);
    }

    /** Does them until one fails; those that are not possible any more are left out. */
    Outcome perform(List<Operation> operations) throws Exception {
        Path directory = Files.createTempDirectory("backpool-soak");
        try (World world = new World(setup, flags, directory)) {
            try {
                return perform(world, operations);
            } finally {
                figures.ended(world.load());
            }
        } catch (Violation e) {
            return new Outcome(List.of(), e, "The servers did not even start.");
        } finally {
            delete(directory);
        }
    }

    private Outcome perform(World world, List<Operation> operations) throws Exception {
        List<Operation> done = new ArrayList<>();
        try {
            Map<Long, Holdings> first = holdings(world);
            for (Operation operation : operations) {
                if (!operation.isPossible(world.model)) {
                    continue;
                }
                if (!operation.atOnce()) {
                    Invariants.check(world, figures, patienceMillis);
                }
                Soak.say("  " + operation);
                done.add(operation);
                perform(world, operation);
            }
            Invariants.check(world, figures, patienceMillis);
            world.load().close();
            Invariants.checkRequests(world, figures);
            checkHoldings(world, first);
            return new Outcome(done, null, "");
        } catch (Violation e) {
            return new Outcome(done, e, world.logs());
        }
    }

    private void perform(World world, Operation operation) throws Exception {
        try {
            operation.kind().action().on(world, operation.argument());
        } catch (IOException | IllegalStateException | AssertionError e) {
            throw new Violation("no answer", operation + ": " + e);
        }
        figures.done(operation);
        operation.kind().expected().accept(world.model, operation.argument());
    }

    /** Connections that httpd keeps and does not use are closed after a while. */
    private static void checkHoldings(World world, Map<Long, Holdings> first) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(90);
        while (true) {
            try {
                Invariants.checkHoldings(first, holdings(world));
                return;
            } catch (Violation grown) {
                if (System.nanoTime() - deadline > 0) {
                    throw grown;
                }
            }
            TimeUnit.SECONDS.sleep(2);
        }
    }

    private static Map<Long, Holdings> holdings(World world) {
        Map<Long, Holdings> all = new HashMap<>();
        for (long pid : world.processes()) {
            try {
                all.put(pid, Holdings.of(pid));
            } catch (IOException e) {
                // Ended just now.
            }
        }
        return all;
    }

    private static void delete(Path directory) throws IOException {
        try (Stream<Path> all = Files.walk(directory)) {
            for (Path path : all.sorted(java.util.Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        }
    }
}
