package io.backpool.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The application's section of backend.yaml, or its file. */
class AppSettingsTest {
    private enum Mode {
        DRY_RUN,
        REAL
    }

    private record Smtp(String host, int port, @Nullable String password) {
        private Smtp {
            if (port == 25) {
                throw new IllegalArgumentException("port 25 is closed");
            }
        }
    }

    private record Shop(
            String title,
            int maxItems,
            boolean open,
            Duration pause,
            Mode mode,
            URI url,
            Smtp smtp,
            List<Smtp> relays,
            Map<String, String> labels) {}

    private static final String ALL =
            """
            pool: {members: 2}
            app:
              class: demo.Shop # its own:
              config:
                title: "Jörg's"
                max-items: 10
                open: true
                pause: 30s
                mode: dry-run
                url: http://shop.example/
                smtp: {host: mail, port: 587, password: hunter2}
                # more
                relays:
                  - host: a
                    port: 1
                labels: {shop.example: yes}
              jar:
            """;

    @TempDir Path directory;

    @Test
    void anyYamlBecomesARecordInAMembersProcessToo() throws IOException {
        ConfigSnapshot taken = take(ALL);
        var expected =
                new Shop(
                        "Jörg's",
                        10,
                        true,
                        Duration.ofSeconds(30),
                        Mode.DRY_RUN,
                        URI.create("http://shop.example/"),
                        new Smtp("mail", 587, "hunter2"),
                        List.of(new Smtp("a", 1, null)),
                        Map.of("shop.example", "yes"));
        assertThat(taken.read().app().settings().as(Shop.class)).isEqualTo(expected);
        assertThat(handOn(taken).readSettings().app().settings().as(Shop.class))
                .isEqualTo(expected);
        assertThat(taken.read().toString()).doesNotContain("hunter2");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "max-items: 10 | max-items: ten| 6: app.config.max-items: was ten, must be a whole"
                        + " number that fits int",
                "max-items: 10 | maxItems: 10"
                        + "| 6: app.config.maxItems: no such setting, did you mean max-items?",
                "open: true | open: 3 | 7: app.config.open: was 3, must be true or false",
                "pause: 30s | pause: 30" + "| 8: app.config.pause: was 30, must be a duration",
                "mode: dry-run | mode: wet"
                        + "| 9: app.config.mode: was wet, must be one of dry-run",
                "port: 587, | '' | 11: app.config.smtp.port: is missing, must be a whole number",
                "port: 587 | port: 25 | 11: app.config.smtp: port 25 is closed",
                "port: 1 | port: hunter2 | 15: app.config.relays[0].port: was hunter2, must be",
                "labels: { | labels: 3 # | 16: app.config.labels: was 3, must be a section",
            })
    void aMistakeIsOneLineWithItsPlace(String was, String is, String words) throws IOException {
        ConfigSnapshot taken = take(ALL.replaceFirst(Pattern.quote(was), is));
        AppSettings settings = taken.read().app().settings();
        assertThatThrownBy(() -> settings.as(Shop.class))
                .isInstanceOf(ConfigException.class)
                .hasMessageStartingWith(directory.resolve("backend.yaml") + ":" + words)
                .hasMessageNotContaining("\n");
    }

    @Test
    void everyMistakeIsSaid() throws IOException {
        String wrong =
                ALL.replace("max-items: 10", "max-items: ten")
                        .replace("open: true", "opn: true")
                        .replace("pause: 30s", "pause: 30")
                        .replace("port: 587", "port: x");
        assertThatThrownBy(() -> take(wrong).read().app().settings().as(Shop.class))
                .isInstanceOfSatisfying(
                        ConfigException.class,
                        e ->
                                assertThat(e.mistakes())
                                        .map(it -> it.replaceFirst("^.*?: app.config.", ""))
                                        .containsExactlyInAnyOrder(
                                                "opn: no such setting, did you mean open?",
                                                "max-items: was ten, must be a whole number that"
                                                        + " fits int",
                                                "pause: was 30, must be a duration such as"
                                                        + " 500ms, 30s or 5m, from 0s to 3650d",
                                                "smtp.port: was x, must be a whole number that"
                                                        + " fits int"));
    }

    private record Login(int passwordLength) {}

    @Test
    void aSecretIsNotInTheMessage() throws IOException {
        AppSettings settings =
                take("app: {config: {password-length: hunter2}}").read().app().settings();
        assertThatThrownBy(() -> settings.as(Login.class))
                .hasMessageContaining("password-length: was something else, must be")
                .hasMessageNotContaining("hunter2");
    }

    private record Small(int size) {}

    @Test
    void aFileOfItsOwnGoesToMembersAsItWas() throws IOException {
        Path own = Files.writeString(directory.resolve("shop.yaml"), "\nsize: 3\n");
        ConfigSnapshot taken = take("app: {config: %s}".formatted(own));
        Files.writeString(own, "size: x\n");
        assertThat(handOn(taken).readSettings().app().settings().as(Small.class))
                .isEqualTo(new Small(3));

        ConfigSnapshot next = take("app: {config: %s}".formatted(own));
        assertThat(next.saysTheSame(taken)).isFalse();
        AppSettings settings = next.read().app().settings();
        assertThatThrownBy(() -> settings.as(Small.class))
                .hasMessageStartingWith(own + ":1: app.config.size: was x, must be");

        Files.delete(own);
        assertThatThrownBy(take("app: {config: %s}".formatted(own))::read)
                .hasMessageContaining("backend.yaml:1: app.config: " + own + ": no such file");
    }

    @Test
    void noneIsAnEmptySection() throws IOException {
        AppSettings settings = take("").read().app().settings();
        assertThatThrownBy(() -> settings.as(Small.class))
                .hasMessage("app.config.size: is missing, must be a whole number that fits int");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "app: {config: {a: 1, a: 2}} | :1: a: is there twice",
                "app: {config: {a: &x 1, b: *x}} | :1: an alias (*) is not read",
                "app: {config: [1]} | :1: app.config: was a list, must be a path",
            })
    void badFormIsFoundWithoutTheApplication(String text, String words) throws IOException {
        assertThatThrownBy(take(text)::read).hasMessageContaining(words);
    }

    private ConfigSnapshot take(String text) throws IOException {
        Path file = Files.writeString(directory.resolve("backend.yaml"), text);
        return ConfigSnapshot.take(file, Map.of(), Map.of());
    }

    private static ConfigSnapshot handOn(ConfigSnapshot taken) {
        Map<String, String> environment = new HashMap<>();
        taken.putInto(environment);
        return ConfigSnapshot.ofParent(environment);
    }
}
