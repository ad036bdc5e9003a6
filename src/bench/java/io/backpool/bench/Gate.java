package io.backpool.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/**
 * {@code bin/bench gate}: whether a request costs more than it did, compared with raw Undertow in the
 * same rounds. What it did stands in {@code gate.txt}.
 */
final class Gate {
    static final String SECTION = "gate";

    /** A higher ratio is a loss. */
    private static final double MOST = 1.08;

    private Gate() {}

    /** Says each ratio; false if one was not measured, or is too high. */
    static boolean holds(Results results) throws IOException {
        boolean holds = true;
        for (Goal goal : Goal.read(Path.of("src/bench/gate.txt"))) {
            double now = Results.median(goal.measured(Map.of(SECTION, results)));
            boolean well = now <= goal.limit() * MOST; // false for none
            System.out.printf(
                    "%s  %s to %s: %.2f, committed %.2f%n",
                    well ? "holds" : "FAILS", goal.lane(), goal.base(), now, goal.limit());
            holds &= well;
        }
        return holds;
    }
}
