package io.backpool.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class YamlExampleTest {
    @TempDir Path directory;

    @Test
    void asItIsItChangesNothing() throws IOException {
        assertThat(read(YamlExample.render())).isEqualTo(read(""));
    }

    @Test
    void everySettingIsInItAndItsDefaultIsValid() throws IOException {
        String all = YamlExample.render().replaceAll("(?m)^#: ", "");

        Config config = read(all);

        assertThat(config.balancers()).hasSize(1);
        assertThat(config.pool()).isEqualTo(read("").pool());
        assertThat(config.limits()).isEqualTo(read("").limits());
        assertThat(config.trust()).isEqualTo(read("").trust());
        for (Key<?> key : Keys.ALL) {
            String name = key.name().substring(key.name().indexOf('.') + 1);
            assertThat(all).containsPattern("(?m)^ *" + name + ":");
        }
    }

    private Config read(String text) throws IOException {
        Path file = Files.writeString(directory.resolve("backend.yaml"), text);
        return ConfigReader.read(file, Map.of(), Map.of());
    }
}
