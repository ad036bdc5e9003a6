package io.backpool.bench;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.ArrayList;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * The raw figures of one section: by lane and metric, a value a round. What failed is said beside
 * them. Used by one thread.
 *
 * @param failures what could not be measured, and why
 */
record Results(
        Map<String, Map<String, List<Double>>> lanes,
        List<String> failures,
        Map<String, String> facts) {
    private static final JsonMapper JSON =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    static Results empty() {
        return new Results(new LinkedHashMap<>(), new ArrayList<>(), new TreeMap<>());
    }

    static Results read(Path file) {
        return JSON.readValue(file.toFile(), Results.class);
    }

    void write(Path file) throws java.io.IOException {
        Files.writeString(file, JSON.writeValueAsString(this) + "\n");
    }

    void add(String lane, String metric, double value) {
        lanes.computeIfAbsent(lane, unseen -> new LinkedHashMap<>())
                .computeIfAbsent(metric, unseen -> new ArrayList<>())
                .add(value);
    }

    List<Double> values(String lane, String metric) {
        return lanes.getOrDefault(lane, Map.of()).getOrDefault(metric, List.of());
    }

    /** Not a number where there is no value. */
    static double median(List<Double> values) {
        double[] sorted = values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        int middle = sorted.length / 2;
        return switch (sorted.length) {
            case 0 -> Double.NaN;
            default ->
                    sorted.length % 2 == 1
                            ? sorted[middle]
                            : (sorted[middle - 1] + sorted[middle]) / 2;
        };
    }

    /** Half of the distance between largest and smallest, as a part of the median. */
    static double spread(List<Double> values) {
        DoubleStream.Builder all = DoubleStream.builder();
        values.forEach(all::add);
        var summary = all.build().summaryStatistics();
        return (summary.getMax() - summary.getMin()) / 2 / median(values);
    }

    /** One lane over another, round by round, since both had the same neighbours in each. */
    List<Double> ratios(String metric, String lane, String base) {
        List<Double> over = values(lane, metric);
        List<Double> under = values(base, metric);
        return IntStream.range(0, Math.min(over.size(), under.size()))
                .mapToObj(round -> over.get(round) / under.get(round))
                .toList();
    }
}
