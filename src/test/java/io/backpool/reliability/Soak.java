package io.backpool.reliability;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Runs of random operations for so many minutes; {@code bin/soak}. What fails is shrunk, and
 * printed as the command line that repeats it.
 */
public final class Soak {
    private final Flags flags = Flags.ofJar();
    private final Figures figures = new Figures();
    private final List<String> failures = new ArrayList<>();
    private final Options options;

    /**
     * @param seed of the first run; each further has the next
     * @param length operations a run
     * @param patience seconds after an operation until all is as it should be
     * @param shrinkMinutes how long a failure may be shrunk
     * @param setup of all runs; null: each seed has its own
     * @param replay one run to repeat, in place of random ones
     * @param except names of operations that are left out
     */
    record Options(
            int minutes,
            long seed,
            int length,
            int patience,
            int shrinkMinutes,
            @Nullable String setup,
            @Nullable String replay,
            List<String> except) {
        Setup setupOf(long run) {
            return setup == null ? Setup.ofSeed(run) : Setup.parse(setup);
        }
    }

    Soak(Options options) {
        this.options = options;
    }

    public static void main(String[] args) throws Exception {
        var soak =
                new Soak(
                        new Options(
                                Integer.getInteger("soak.minutes", 10),
                                Long.getLong("soak.seed", System.currentTimeMillis() % 100_000),
                                Integer.getInteger("soak.length", 25),
                                Integer.getInteger("soak.patience", 10),
                                Integer.getInteger("soak.shrink", 10),
                                System.getProperty("soak.setup"),
                                System.getProperty("soak.replay"),
                                List.of(System.getProperty("soak.except", "").split(","))));
        List<String> failures = soak.run();
        say(soak.figures.table());
        failures.forEach(Soak::say);
        System.exit(failures.isEmpty() ? 0 : 1);
    }

    /** All that failed, a text each. */
    List<String> run() throws Exception {
        String replay = options.replay;
        if (replay != null) {
            String[] parts = replay.split(":", 2);
            perform("replay", Setup.parse(parts[0]), Operations.parse(parts[1]));
            return failures;
        }
        long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(options.minutes);
        for (long seed = options.seed; System.nanoTime() - end < 0; seed++) {
            Setup setup = options.setupOf(seed);
            List<Operation> operations =
                    Operations.draw(
                            new Model(setup, flags),
                            new Random(seed),
                            options.length,
                            options.except);
            perform("seed " + seed, setup, operations);
        }
        return failures;
    }

    private void perform(String name, Setup setup, List<Operation> operations) throws Exception {
        say(name + ": " + line(setup, operations));
        Run.Outcome outcome = new Run(setup, flags, figures, options.patience).perform(operations);
        Violation violation = outcome.violation();
        if (violation == null) {
            return;
        }
        say("FAILED: " + violation.getMessage() + "\n" + outcome.logs());
        List<Operation> shortest = shrink(setup, outcome.operations(), violation.kind());
        failures.add(
                "FAILED %s: %s%nRepeat it: %s"
                        .formatted(name, violation.getMessage(), line(setup, shortest)));
        say(failures.get(failures.size() - 1));
    }

    private List<Operation> shrink(Setup setup, List<Operation> failing, String kind)
            throws Exception {
        long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(options.shrinkMinutes);
        return Shrinker.shrink(
                failing,
                part -> {
                    say("Shrinking: " + Operations.text(part));
                    Violation again =
                            new Run(setup, flags, new Figures(), options.patience)
                                    .perform(part)
                                    .violation();
                    return again != null && again.kind().equals(kind);
                },
                () -> System.nanoTime() - end < 0);
    }

    static String line(Setup setup, List<Operation> operations) {
        return "bin/soak --replay \"%s: %s\"".formatted(setup, Operations.text(operations));
    }

    static void say(String text) {
        PrintStream out = System.out;
        out.println(text);
        out.flush();
    }
}
