package io.backpool.observe;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.backpool.observe.AlertRules.Alert;
import io.backpool.observe.AlertRules.Case;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** What promtool can't know of the alert rules. */
class AlertRulesTest {
    private final List<Alert> alerts = AlertRules.alerts();

    @Test
    void eachAlertIsTriedFiringAndNotFiring() {
        List<Case> cases = AlertRules.cases();
        assertThat(alerts).isNotEmpty();
        for (Alert alert : alerts) {
            assertThat(cases).contains(new Case(alert.name(), true), new Case(alert.name(), false));
        }
    }

    @Test
    void eachMetricOfAnAlertIsAlsoZeroAndAbsentInTheCases() throws IOException {
        String cases = Files.readString(AlertRules.ALL_AT_ONCE);
        for (Alert alert : alerts) {
            assertThat(AlertRules.metrics(cases))
                    .as(alert.name())
                    .containsAll(
                            AlertRules.metrics(alert.expression()).stream()
                                    .filter(name -> !name.startsWith("backpool_errors"))
                                    .toList());
        }
    }

    @Test
    void eachAlertLeadsToItsParagraph() throws IOException {
        Path operations = Path.of("src", "site", "markdown", "operations.md");
        List<String> headings =
                Files.readAllLines(operations).stream()
                        .filter(line -> line.startsWith("### "))
                        .map(line -> line.substring(4))
                        .toList();
        for (Alert alert : alerts) {
            assertThat(headings).contains(alert.name());
            assertThat(alert.summary()).isNotBlank();
            assertThat(alert.runbook())
                    .isEqualTo(
                            "https://backpool.example/operations.html#"
                                    + alert.name().toLowerCase(Locale.ROOT));
            assertThat(alert.dashboard())
                    .matches(
                            "https://grafana\\.example/d/backpool-(pool|member|httpd|services)\\?.*");
            String board = alert.dashboard().replaceAll(".*/d/|\\?.*", "");
            assertThat(Path.of("grafana", "dashboards", board + ".json")).exists();
        }
    }

    @Test
    void theJarHasThem() throws IOException {
        try (var in =
                Metrics.class.getResourceAsStream("/io/backpool/proxyconf/alerts/backpool.yml")) {
            assertThat(new String(Objects.requireNonNull(in).readAllBytes(), UTF_8))
                    .isEqualTo(Files.readString(AlertRules.RULES));
        }
    }
}
