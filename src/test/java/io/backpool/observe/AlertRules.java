package io.backpool.observe;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The rules of {@code grafana/alerts} and the cases that promtool tries them with. */
final class AlertRules {
    static final Path RULES = Path.of("grafana", "alerts", "backpool.yml");
    static final Path CASES = Path.of("src", "test", "resources", "alerts", "backpool-test.yml");

    private AlertRules() {}

    /** All alerts at once where values are zero, absent, or bad for one of two. */
    static final Path ALL_AT_ONCE =
            Path.of("src", "test", "resources", "alerts", "backpool-cases.yml");

    /** A rule of Prometheus that alerts. */
    record Alert(
            String name, String expression, String summary, String runbook, String dashboard) {}

    /** Whether {@code alert} fires there. */
    record Case(String alert, boolean fires) {}

    static List<Alert> alerts() {
        return yaml(RULES)
                .path("groups")
                .valueStream()
                .flatMap(group -> group.path("rules").valueStream())
                .filter(rule -> rule.has("alert"))
                .map(AlertRules::alert)
                .toList();
    }

    private static Alert alert(JsonNode rule) {
        return new Alert(
                rule.path("alert").asString(),
                rule.path("expr").asString(),
                rule.path("annotations").path("summary").asString(),
                rule.path("annotations").path("runbook_url").asString(),
                rule.path("annotations").path("dashboard_url").asString());
    }

    static List<Case> cases() {
        return yaml(CASES)
                .path("tests")
                .valueStream()
                .flatMap(test -> test.path("alert_rule_test").valueStream())
                .map(one -> new Case(one.path("alertname").asString(), one.has("exp_alerts")))
                .toList();
    }

    /** The metrics that rules or cases name: whatever stands before a brace, or has our prefix. */
    static Set<String> metrics(String text) {
        return Pattern.compile("\\b(up|(?:backpool|apache|http|undertow)_[a-z_]+)\\b")
                .matcher(text)
                .results()
                .map(found -> found.group(1))
                .collect(Collectors.toSet());
    }

    static JsonNode yaml(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            var load = new Load(LoadSettings.builder().build());
            return new JsonMapper().valueToTree(load.loadFromInputStream(in));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
