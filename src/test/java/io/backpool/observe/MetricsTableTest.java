package io.backpool.observe;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import io.backpool.testkit.Page;
import java.io.IOException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The table of metrics in reference.md is what {@link Metric} says. */
class MetricsTableTest {
    private static final String BEGIN =
            "<!-- metrics: printed from Metric; MetricsTableTest and MetricsTableIT hold it -->\n";
    private static final String END = "<!-- /metrics -->";

    @Test
    void theReferenceHasEveryMetric() throws IOException {
        assertThat(Page.between("reference.md", BEGIN, END)).isEqualTo(table());
    }

    private static String table() {
        return Stream.of(Metric.values())
                .map(
                        it ->
                                "| `%s` | %s | %s | %s |\n"
                                        .formatted(
                                                it.shown(),
                                                it.labels().stream()
                                                        .map(label -> "`" + label + "`")
                                                        .collect(joining(", ")),
                                                it.unit(),
                                                it.help()))
                .collect(
                        joining(
                                "",
                                "| Name | Labels | Unit | What it is |\n|---|---|---|---|\n",
                                ""));
    }
}
