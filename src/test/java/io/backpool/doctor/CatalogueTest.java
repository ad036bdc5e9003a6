package io.backpool.doctor;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import io.backpool.testkit.Page;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
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

    /** By its id, as a whole string or the first cell of a row of parameters. */
    @Test
    void everyFindingIsProvokedInATest() throws IOException {
        String tests = tests("cli") + tests("doctor");
        List<String> untested = new ArrayList<>();
        for (Explanation finding : Catalogue.ALL) {
            String quoted = "\"" + Pattern.quote(finding.id()) + "(\"| +\\|)";
            if (!Pattern.compile(quoted).matcher(tests).find()) {
                untested.add(finding.id());
            }
        }
        assertThat(untested).as("findings that no integration test of the doctor names").isEmpty();
    }

    private static String tests(String room) throws IOException {
        var text = new StringBuilder();
        Path folder = Path.of("src/test/java/io/backpool", room);
        try (DirectoryStream<Path> files =
                Files.newDirectoryStream(folder, "{Doctor*,ErrorLog}IT.java")) {
            for (Path file : files) {
                text.append(Files.readString(file));
            }
        }
        return text.toString();
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
