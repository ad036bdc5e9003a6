package io.backpool.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * What was promised, and where to look whether it holds: a line of {@code goals.txt}
 * or {@code gate.txt}.
 *
 * @param most otherwise the figure must be at least {@code limit}
 * @param base the lane that counts as 1; empty: the figure itself counts
 */
record Goal(
        boolean most,
        double limit,
        String section,
        String metric,
        String lane,
        String base,
        String text) {

    static List<Goal> all() throws IOException {
        return read(Path.of("src/bench/goals.txt"));
    }

    static List<Goal> read(Path file) throws IOException {
        return Files.readAllLines(file).stream()
                .filter(line -> !line.startsWith("#"))
                .map(line -> line.split(" *\\| *"))
                .map(
                        words ->
                                new Goal(
                                        words[0].startsWith("<"),
                                        Double.parseDouble(words[0].substring(3)),
                                        words[1],
                                        words[2],
                                        words[3],
                                        words[4],
                                        words[5]))
                .toList();
    }

    /** A value a round; none if it was not measured. */
    List<Double> measured(Map<String, Results> sections) {
        Results results = sections.getOrDefault(section, Results.empty());
        return base.isEmpty() ? results.values(lane, metric) : results.ratios(metric, lane, base);
    }

    /** Of the median, rounded as it is shown. */
    boolean isMet(double median) {
        double shown = Math.round(median * 100) / 100.0;
        return most ? shown <= limit : shown >= limit;
    }
}
