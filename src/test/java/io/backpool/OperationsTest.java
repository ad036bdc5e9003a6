package io.backpool;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What operations.md says of tests. */
class OperationsTest {
    private static final Pattern TEST = Pattern.compile("`(\\w+(?:Test|IT|Contract))\\.(\\w+)`");

    @Test
    void theTestsThatItNamesAreThere() throws IOException {
        String page = Files.readString(Path.of("src/site/markdown/operations.md"));
        var missing = new TreeSet<String>();
        for (MatchResult named : TEST.matcher(page).results().toList()) {
            if (!source(named.group(1)).contains(" void " + named.group(2) + "(")) {
                missing.add(named.group());
            }
        }
        assertThat(missing).isEmpty();
        assertThat(TEST.matcher(page).results()).hasSizeGreaterThan(30);
    }

    private static String source(String name) throws IOException {
        try (Stream<Path> files = Files.walk(Path.of("src/test/java"))) {
            return Files.readString(
                    files.filter(file -> file.endsWith(name + ".java")).findFirst().orElseThrow());
        }
    }
}
