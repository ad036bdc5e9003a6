package io.backpool.observe;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * One board of {@code grafana/dashboards}, as its tests read it.
 *
 * @param name of its file, without the ending
 */
record Dashboard(String name, JsonNode json) {
    static final Path FOLDER = Path.of("grafana", "dashboards");

    static List<Dashboard> all() {
        try (Stream<Path> files = Files.list(FOLDER)) {
            return files.sorted().map(Dashboard::read).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Dashboard read(Path file) {
        String name = file.getFileName().toString().replaceFirst("\\.json$", "");
        return new Dashboard(name, new JsonMapper().readTree(file.toFile()));
    }

    String title() {
        return json.path("title").asString();
    }

    List<JsonNode> panels() {
        return json.path("panels").valueStream().toList();
    }

    List<JsonNode> variables() {
        return json.path("templating").path("list").valueStream().toList();
    }

    /** Those that ask Prometheus. */
    List<JsonNode> annotations() {
        return json.path("annotations")
                .path("list")
                .valueStream()
                .filter(annotation -> annotation.has("target"))
                .toList();
    }

    /**
     * What a panel asks.
     *
     * @param where board and panel, for people
     * @param mayBeEmpty the panel says what it means that there is nothing
     */
    record Query(String where, String expression, boolean mayBeEmpty) {}

    List<Query> queries() {
        List<Query> queries = new ArrayList<>();
        for (JsonNode panel : panels()) {
            String where = title() + ", " + panel.path("title").asString();
            boolean mayBeEmpty = panel.path("fieldConfig").path("defaults").has("noValue");
            for (JsonNode target : panel.path("targets")) {
                queries.add(new Query(where, target.path("expr").asString(), mayBeEmpty));
            }
        }
        return queries;
    }

    /**
     * As Grafana does it before it asks: All is {@code allValue}, a rate reaches over 4 scrapes.
     */
    static String substituted(String expression, Map<String, String> variables) {
        String text = expression;
        for (var variable : variables.entrySet()) {
            text = text.replace("$" + variable.getKey(), variable.getValue());
        }
        if (text.replace("\"$1\"", "").contains("$")) { // $1 is label_replace's.
            throw new AssertionError("a variable that the board does not have: " + text);
        }
        return text;
    }
}
