package io.backpool.observe;

import static org.assertj.core.api.Assertions.assertThat;

import io.backpool.observe.Dashboard.Query;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/** The rules of Grafana's dashboard-linter, and a few of our own, over every board. */
class DashboardTest {
    /** Of Grafana's many units those that are used here. */
    private static final Set<String> UNITS =
            Set.of(
                    "none",
                    "short",
                    "percentunit",
                    "s",
                    "bytes",
                    "Bps",
                    "reqps",
                    "ops",
                    "cps",
                    "cpm");

    private static final String CHOSEN = "{job=~\"$job\",instance=~\"$instance\"";

    private static final String SOURCE = "${datasource}";

    static List<Dashboard> boards() {
        return Dashboard.all();
    }

    @ParameterizedTest
    @MethodSource("boards")
    void templateDatasourceRule(Dashboard board) {
        JsonNode source = board.variables().get(0);
        assertThat(text(source, "name")).isEqualTo("datasource");
        assertThat(text(source, "label")).isEqualTo("Data source");
        assertThat(text(source, "type")).isEqualTo("datasource");
        assertThat(text(source, "query")).isEqualTo("prometheus");
    }

    @ParameterizedTest
    @MethodSource("boards")
    void templateJobInstanceLabelAndReloadRules(Dashboard board) {
        List<JsonNode> queries = board.variables().subList(1, board.variables().size());
        assertThat(queries)
                .extracting(variable -> text(variable, "label"))
                .startsWith("Job", "Instance");
        for (JsonNode variable : queries) {
            assertThat(text(variable, "name")).isEqualToIgnoringCase(text(variable, "label"));
            assertThat(text(variable, "type")).isEqualTo("query");
            assertThat(text(variable.path("datasource"), "uid")).isEqualTo(SOURCE);
            assertThat(variable.path("multi").asBoolean()).isTrue();
            assertThat(variable.path("includeAll").asBoolean()).isTrue();
            assertThat(text(variable, "allValue")).isEqualTo(".+");
            assertThat(variable.path("refresh").asInt()).isEqualTo(2);
            assertThat(text(variable.path("query"), "query"))
                    .matches("label_values\\([a-z_]+(\\{job=~\"\\$job\"})?, [a-z]+\\)")
                    .isEqualTo(text(variable, "definition"));
        }
    }

    @ParameterizedTest
    @MethodSource("boards")
    void panelDatasourceTitleDescriptionUnitsAndNoTargetsRules(Dashboard board) {
        for (JsonNode panel : board.panels()) {
            assertThat(text(panel, "title")).isNotBlank();
            assertThat(text(panel, "description")).as(panel.toString()).isNotBlank();
            assertThat(text(panel.path("fieldConfig").path("defaults"), "unit")).isIn(UNITS);
            assertThat(text(panel.path("datasource"), "uid")).isEqualTo(SOURCE);
            assertThat(panel.path("targets")).isNotEmpty();
            Set<String> ids = new HashSet<>();
            for (JsonNode target : panel.path("targets")) {
                assertThat(text(target.path("datasource"), "uid")).isEqualTo(SOURCE);
                assertThat(ids.add(text(target, "refId"))).isTrue();
            }
        }
    }

    @ParameterizedTest
    @MethodSource("boards")
    void targetJobAndInstanceRules(Dashboard board) {
        for (Query query : board.queries()) {
            assertThat(
                            find(
                                    "\\b(?:apache|backpool|hikaricp|http|jvm|process|system|undertow)_\\w+.{34}",
                                    query.expression()))
                    .as(query.toString())
                    .isNotEmpty()
                    .allMatch(metric -> metric.contains(CHOSEN));
            assertThat(find("[{].{34}", query.expression()))
                    .as(query.toString())
                    .allMatch(selector -> selector.startsWith(CHOSEN));
        }
    }

    @ParameterizedTest
    @MethodSource("boards")
    void aQueryAsksForMetricsOfTheTableByTheirLabels(Dashboard board) {
        for (Query query : board.queries()) {
            Pattern.compile("\\b((?:apache|backpool|hikaricp|http|undertow)_\\w+)\\{([^}]*)}")
                    .matcher(query.expression())
                    .results()
                    .forEach(asked -> isInTheTable(asked, query));
        }
    }

    private static void isInTheTable(MatchResult asked, Query query) {
        String name = asked.group(1).replaceFirst("_(bucket|count|sum)$", "");
        Metric metric =
                Stream.of(Metric.values())
                        .filter(it -> it.shown().equals(name))
                        .findFirst()
                        .orElseThrow(() -> new AssertionError("no " + name + ": " + query));
        List<String> labels = new ArrayList<>(metric.labels());
        labels.addAll(List.of("job", "instance", "le"));
        assertThat(find("\\w+(?=(=|=~|!=|!~)\")", asked.group(2)))
                .as(query.toString())
                .isSubsetOf(labels);
    }

    @ParameterizedTest
    @MethodSource("boards")
    void targetRateIntervalAndCounterAggRules(Dashboard board) {
        for (Query query : board.queries()) {
            String expression = query.expression();
            assertThat(find("\\b(?:rate|increase)\\([^\\[]*\\[[^]]*]", expression))
                    .as(query.toString())
                    .hasSameSizeAs(find("\\w+_(?:total|count|sum|bucket)\\b", expression))
                    .allMatch(rate -> rate.matches("(rate.*rate_interval]|increase.*range])"));
        }
    }

    @ParameterizedTest
    @MethodSource("boards")
    void aBoardKeepsItsAddressAndLeadsToTheOthers(Dashboard board) throws IOException {
        JsonNode json = board.json();
        assertThat(text(json, "uid")).isEqualTo(board.name());
        assertThat(json.path("schemaVersion").asInt()).isGreaterThanOrEqualTo(39);
        assertThat(json.path("editable").asBoolean(true)).isFalse(); // uneditable-dashboard
        assertThat(json.path("tags").valueStream().map(JsonNode::asString))
                .containsExactly("backpool");
        JsonNode link = json.path("links").path(0);
        assertThat(text(link, "type")).isEqualTo("dashboards");
        assertThat(link.path("tags").path(0).asString()).isEqualTo("backpool");
        assertThat(link.path("includeVars").asBoolean()).isTrue();
        assertThat(link.path("keepTime").asBoolean()).isTrue();
        assertThat(Files.readString(Path.of("grafana", "README.md")))
                .contains(board.name() + ".json")
                .contains(board.title());
    }

    @ParameterizedTest
    @MethodSource("boards")
    void linksOfPanelsLeadToBoards(Dashboard board) {
        Set<String> known = new HashSet<>();
        boards().forEach(other -> known.add(other.name()));
        assertThat(find("/d/[\\w-]+", board.json().toString()))
                .allMatch(link -> known.contains(link.substring(3)));
    }

    @ParameterizedTest
    @MethodSource("boards")
    void noPanelLiesOnAnother(Dashboard board) {
        List<String> cells = new ArrayList<>();
        Set<Integer> ids = new HashSet<>();
        for (JsonNode panel : board.panels()) {
            assertThat(ids.add(panel.path("id").asInt())).isTrue();
            JsonNode at = panel.path("gridPos");
            int x = at.path("x").asInt();
            int y = at.path("y").asInt();
            assertThat(x + at.path("w").asInt()).isLessThanOrEqualTo(24);
            for (int column = x; column < x + at.path("w").asInt(); column++) {
                for (int row = y; row < y + at.path("h").asInt(); row++) {
                    cells.add(column + "/" + row);
                }
            }
        }
        assertThat(cells).doesNotHaveDuplicates();
    }

    private static String text(JsonNode node, String field) {
        return node.path(field).asString();
    }

    private static List<String> find(String pattern, String text) {
        return Pattern.compile(pattern).matcher(text).results().map(MatchResult::group).toList();
    }
}
