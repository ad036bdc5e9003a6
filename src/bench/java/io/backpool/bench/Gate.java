package io.backpool.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * {@code bin/bench gate}: whether a request costs more than it did, compared with raw Undertow in the
 * same rounds. What it did stands in {@code gate.txt}.
 */
record Gate(List<Line> lines) {
    static final String SECTION = "gate";

    /** Above what the medians of two runs differ by on a machine with nothing else to do. */
    private static final double MOST = 1.08;

    private static final Path FILE = Path.of("src/bench/gate.txt");

    /** The ratio of two lanes' processor time a request. */
    private record Line(double committed, String lane, String base) {}

    static Gate read() throws IOException {
        return new Gate(
                Files.readAllLines(FILE).stream()
                        .filter(line -> !line.startsWith("#"))
                        .map(line -> line.split(" *\\| *"))
                        .map(words -> new Line(Double.parseDouble(words[0]), words[1], words[2]))
                        .toList());
    }

    /** Says each ratio; false if one was not measured, or is too high. */
    boolean hold(Map<String, Results> sections) {
        Results results = sections.getOrDefault(SECTION, Results.empty());
        boolean holds = true;
        for (Line line : lines) {
            double now = Results.median(results.ratios("cpu_us", line.lane, line.base));
            boolean well = now <= line.committed * MOST; // false for none
            System.out.printf(
                    "%s  %s to %s: %.2f, committed %.2f%n",
                    well ? "holds" : "FAILS", line.lane, line.base, now, line.committed);
            holds &= well;
        }
        return holds;
    }
}
