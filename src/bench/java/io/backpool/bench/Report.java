package io.backpool.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** The raw figures in words, tables and charts. */
record Report(Map<String, Results> sections, List<Goal> goals) {
    private static final String BEGIN = "<!-- bench: written by bin/bench --publish -->\n";
    private static final String END = "<!-- /bench -->\n";

    /** The metric that is drawn, for the sections that have one. */
    private static final Map<String, String> CHARTS =
            Map.of(
                    "hello", "cpu_us",
                    "blocking", "cpu_us",
                    "large", "cpu_us",
                    "overload-flood", "goodput_of_capacity",
                    "startup", "ready_ms",
                    "memory", "pss_mib",
                    "scale", "cpu_us",
                    "httpd", "per_second");

    /** Of all sections that were ever measured there. */
    static Report of(Path directory, Set<String> names) throws IOException {
        Map<String, Results> sections = new LinkedHashMap<>();
        for (String name : names) {
            Path file = directory.resolve(name + ".json");
            if (Files.exists(file)) {
                sections.put(name, Results.read(file));
            }
        }
        return new Report(sections, Goal.all());
    }

    void write(Path directory) throws IOException {
        Files.writeString(directory.resolve("report.md"), markdown());
        charts(directory);
    }

    /** Into the site's page, between its markers. */
    void publish(Path project) throws IOException {
        Path images = Files.createDirectories(project.resolve("src/site/resources/images"));
        charts(images);
        replace(project.resolve("src/site/markdown/performance.md"), markdown());
    }

    String markdown() {
        var text = new StringBuilder(machine()).append('\n').append(goalsTable());
        sections.forEach((name, results) -> text.append('\n').append(section(name, results)));
        return text.toString();
    }

    private String machine() {
        return sections.values().stream()
                .map(Results::facts)
                .map(
                        facts ->
                                facts.entrySet().stream()
                                        .map(fact -> fact.getKey() + " " + fact.getValue())
                                        .collect(Collectors.joining(", ")))
                .distinct()
                .map(facts -> "Measured: " + facts + ".\n")
                .collect(Collectors.joining());
    }

    private String goalsTable() {
        var text = new StringBuilder("| Goal | Wanted | Measured | |\n|---|---|---|---|\n");
        for (Goal goal : goals) {
            List<Double> values = goal.measured(sections);
            double median = Results.median(values);
            text.append(
                    "| %s | %s %s | %s | %s |\n"
                            .formatted(
                                    goal.text(),
                                    goal.most() ? "&le;" : "&ge;",
                                    number(goal.limit()),
                                    values.isEmpty()
                                            ? "not measured"
                                            : "**" + number(median) + "** " + range(values),
                                    values.isEmpty() ? "" : goal.isMet(median) ? "met" : "not met"));
        }
        return text.toString();
    }

    private static String section(String name, Results results) {
        Set<String> metrics = new LinkedHashSet<>();
        results.lanes().values().forEach(lane -> metrics.addAll(lane.keySet()));
        var text = new StringBuilder("### " + name + "\n\n");
        if (CHARTS.containsKey(name)) {
            text.append("![" + name + "](images/bench-" + name + ".svg)\n\n");
        }
        text.append("| | " + String.join(" | ", metrics) + " |\n");
        text.append("|---|" + "---:|".repeat(metrics.size()) + "\n");
        results.lanes()
                .forEach(
                        (lane, values) ->
                                text.append("| " + lane + " | ")
                                        .append(
                                                metrics.stream()
                                                        .map(metric -> values.getOrDefault(metric, List.of()))
                                                        .map(Report::cell)
                                                        .collect(Collectors.joining(" | ")))
                                        .append(" |\n"));
        results.failures().forEach(failure -> text.append("\nFailed: " + failure + "\n"));
        return text.toString();
    }

    private void charts(Path directory) throws IOException {
        for (Map.Entry<String, Results> section : sections.entrySet()) {
            String metric = CHARTS.get(section.getKey());
            if (metric != null) {
                Files.writeString(
                        directory.resolve("bench-" + section.getKey() + ".svg"),
                        Chart.bars(section.getKey() + ": " + metric, section.getValue(), metric));
            }
        }
    }

    /** The median, and how far apart the rounds were. */
    private static String cell(List<Double> values) {
        if (values.isEmpty()) {
            return "";
        }
        double median = Results.median(values);
        double spread = Results.spread(values);
        return number(median)
                + (Double.isFinite(spread) && spread >= 0.005
                        ? " &plusmn;" + Math.round(100 * spread) + "%"
                        : "");
    }

    private static String range(List<Double> values) {
        var summary = values.stream().mapToDouble(Double::doubleValue).summaryStatistics();
        return values.size() == 1
                ? ""
                : "(" + number(summary.getMin()) + " to " + number(summary.getMax()) + ")";
    }

    static String number(double value) {
        boolean whole = value == Math.rint(value) || Math.abs(value) >= 1000;
        String format = whole ? "%,.0f" : Math.abs(value) >= 10 ? "%.1f" : "%.2f";
        return String.format(Locale.ROOT, format, value);
    }

    private static void replace(Path file, String text) throws IOException {
        String old = Files.readString(file);
        int begin = old.indexOf(BEGIN);
        int end = old.indexOf(END);
        if (begin < 0 || end < begin) {
            throw new IOException(file + " lacks the lines " + BEGIN + END);
        }
        Files.writeString(
                file,
                old.substring(0, begin + BEGIN.length()) + "\n" + text + "\n" + old.substring(end));
    }
}
