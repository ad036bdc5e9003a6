package io.backpool.app.showcase;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Map;
import java.util.Objects;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/** The files in the jar are what their names and endings say. */
class StaticFilesTest {
    static Iterable<String> names() throws IOException {
        return manifest().values();
    }

    static Map<String, String> manifest() throws IOException {
        return new JsonMapper().readValue(read("manifest.json"), new TypeReference<>() {});
    }

    static byte[] read(String name) throws IOException {
        try (InputStream in = StaticFilesTest.class.getResourceAsStream("/static/" + name)) {
            return Objects.requireNonNull(in, name).readAllBytes();
        }
    }

    static boolean exists(String name) {
        return StaticFilesTest.class.getResource("/static/" + name) != null;
    }

    @Test
    void theManifestNamesAStyleAndAScriptByTheirHash() throws IOException {
        assertThat(manifest().get("app.css")).matches("app\\.[0-9a-f]{8}\\.css");
        assertThat(manifest().get("app.js")).matches("app\\.[0-9a-f]{8}\\.js");
    }

    @ParameterizedTest
    @MethodSource("names")
    void aHashInANameIsItsContents(String name) throws IOException {
        String[] parts = name.split("\\.");
        if (parts.length == 3) {
            assertThat(StaticFile.hash(read(name))).startsWith(parts[1]);
        }
    }

    @ParameterizedTest
    @MethodSource("names")
    void aGzippedVariantIsTheFile(String name) throws IOException {
        assertThat(exists(name + ".gz")).isEqualTo(exists(name + ".br"));
        if (exists(name + ".gz")) {
            var in = new GZIPInputStream(new ByteArrayInputStream(read(name + ".gz")));
            assertThat(in.readAllBytes()).isEqualTo(read(name));
        }
    }
}
