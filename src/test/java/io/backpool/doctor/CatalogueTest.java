package io.backpool.doctor;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import io.backpool.testkit.Page;
import java.io.IOException;
import org.junit.jupiter.api.Test;

/** The table of findings in operations.md is what the catalogue says. */
class CatalogueTest {
    private static final String BEGIN =
            "<!-- findings: printed from the catalogue; CatalogueTest holds it -->\n";
    private static final String END = "<!-- /findings -->";

    @Test
    void operationsHasEveryFinding() throws IOException {
        assertThat(Page.between("operations.md", BEGIN, END)).isEqualTo(table());
    }

    @Test
    void anIdMeansOneThing() {
        assertThat(Catalogue.ALL).extracting(Explanation::id).doesNotHaveDuplicates();
        assertThat(Catalogue.of("ttl")).isPresent();
        assertThat(Catalogue.of("ah00957")).isPresent();
        assertThat(Catalogue.of("nonsense")).isEmpty();
    }

    private static String table() {
        return Catalogue.ALL.stream()
                .map(
                        it ->
                                "| `%s` | %s | %s | %s |\n"
                                        .formatted(it.id(), it.what(), it.why(), it.remedy())
                                        .replace("<", "&lt;"))
                .collect(
                        joining(
                                "",
                                "| Finding | What it means | Why it matters | Remedy |\n"
                                        + "|---|---|---|---|\n",
                                ""));
    }
}
