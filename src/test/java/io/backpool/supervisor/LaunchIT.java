package io.backpool.supervisor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.backpool.testkit.AppJar;
import io.backpool.testkit.Backend;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What a pool runs is what lay on disk when it was asked to take it, whatever happens there. */
class LaunchIT {
    /** Loads a class of another jar, which the manifest names, when the first request comes. */
    private static final String APPLICATION =
            """
            public final class Shop implements io.backpool.app.Application {
                @Override
                public io.undertow.server.HttpHandler start(io.backpool.app.Services services) {
                    return exchange ->
                            exchange.getResponseSender()
                                    .send("VERSION " + Class.forName("Greeting")
                                            .getMethod("text").invoke(null));
                }
            }
            """;

    private static final String GREETING =
            "public class Greeting { public static String text() { return \"Welcome\"; } }";

    @TempDir Path directory;

    @BeforeEach
    void patience() {
        org.awaitility.Awaitility.setDefaultTimeout(Duration.ofMinutes(1));
    }

    @Test
    void processesComeBackAsTheyWereUntilARestartTakesWhatIsThereNow() throws IOException {
        Path jar = Files.copy(Backend.jar(), directory.resolve("backend.jar"));
        Path cache = directory.resolve("cache");
        Path shop = shop("one");
        yaml("limits: {body-size: 1k}");
        var environment =
                Map.of("CACHE_DIRECTORY", cache.toString(), "JDK_JAVA_OPTIONS", "-Dany=thing");
        try (Backend pool = Backend.start(directory, 2, jar, environment, "--processes")) {
            // Overwritten in place, and edited, before any class of it was needed.
            garbage(jar);
            garbage(shop);
            garbage(directory.resolve("lib/greeting.jar"));
            yaml("limits: {body-size: many}");
            assertThat(pool.get(1, "/").body()).isEqualTo("one Welcome");
            kill(pool, 1);
            assertThat(pool.get(1, "/").body()).isEqualTo("one Welcome");
            assertThat(restart(pool)).contains("backend.jar can't be read as a jar");
            Files.copy(Backend.jar(), jar, StandardCopyOption.REPLACE_EXISTING);
            assertThat(restart(pool))
                    .contains("backend.yaml:1: limits.body-size: was many", "Nothing was restarted")
                    .doesNotContain("Picked up");
            yaml("limits: {body-size: 2k}");
            assertThat(restart(pool)).contains("app.jar: shop.jar can't be read as a jar");

            AppJar.make(directory, "shop.jar", List.of(), "public class Nothing {}");
            assertThat(restart(pool)).contains("shop.jar names no application");
            shop("two", "throw new IllegalStateException(\"too early\");");
            assertThat(restart(pool)).contains("too early", "Nothing was restarted");

            shop("two");
            yaml("pool: {name: shop}\nbalancers: []");
            assertThat(restart(pool))
                    .contains("needs a restart of the whole pool: pool.name (app -> shop)");

            yaml("limits: {body-size: 3k}");
            assertThat(restart(pool)).isEmpty();
            assertThat(pool.get(1, "/").body()).isEqualTo("two Welcome");
            assertThat(pool.get(2, "/").body()).isEqualTo("two Welcome");

            copies(cache).forEach(LaunchIT::truncate);
            kill(pool, 2);
            assertThat(pool.get(2, "/").body()).isEqualTo("two Welcome");
        }
    }

    @Test
    void aPoolInOneProcessDoesNotMissItsJarsAndACacheCutShortIsMadeAgain() throws IOException {
        Path jar = Files.copy(Backend.jar(), directory.resolve("backend.jar"));
        Path cache = directory.resolve("cache");
        var environment = Map.of("CACHE_DIRECTORY", cache.toString());
        shop("one");
        yaml("");
        try (Backend pool = Backend.start(directory, 1, jar, environment)) {
            assertThat(terminate(pool)).isEqualTo(143);
        }
        assertThat(copies(cache)).hasSize(3).allSatisfy(LaunchIT::truncate);
        try (Backend pool = Backend.start(directory, 1, jar, environment)) {
            garbage(jar);
            garbage(directory.resolve("shop.jar"));
            garbage(directory.resolve("lib/greeting.jar"));
            assertThat(pool.get(1, "/").body()).isEqualTo("one Welcome");
            assertThat(pool.admin("/metrics").statusCode()).isEqualTo(200);
            assertThat(pool.admin("/status").statusCode()).isEqualTo(200);
            assertThat(terminate(pool)).isEqualTo(143);
        }
    }

    /** An application in two jars. */
    private Path shop(String version, String... constructor) throws IOException {
        Path lib = Files.createDirectories(directory.resolve("lib"));
        AppJar.make(lib, "greeting.jar", List.of(), GREETING);
        Path shop =
                AppJar.make(
                        directory,
                        "shop.jar",
                        List.of("Shop"),
                        APPLICATION
                                .replace("VERSION", version)
                                .replace(
                                        "{\n    @Override",
                                        "{\n    public Shop() { "
                                                + String.join("", constructor)
                                                + " }\n    @Override"));
        try (var inside = FileSystems.newFileSystem(shop)) {
            Files.writeString(
                    inside.getPath("META-INF/MANIFEST.MF"),
                    "Manifest-Version: 1.0\r\nClass-Path: lib/greeting.jar gone.jar\r\n");
        }
        return shop;
    }

    private void yaml(String text) throws IOException {
        Files.writeString(directory.resolve("backend.yaml"), text + "\napp: {jar: shop.jar}\n");
    }

    private static void garbage(Path file) throws IOException {
        Files.write(file, new byte[(int) Files.size(file)]);
    }

    private static List<Path> copies(Path cache) {
        try (Stream<Path> all = Files.walk(cache)) {
            return all.filter(file -> file.getFileName().toString().contains(".jar")).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void truncate(Path file) {
        try (var channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.truncate(1000);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Why it was refused; empty: it was done. */
    private String restart(Backend pool) {
        List<Long> before = pids(pool);
        assertThat(pool.control("/restart").statusCode()).isEqualTo(202);
        await().until(() -> !json(pool, "/restart").get("running").asBoolean());
        JsonNode error = json(pool, "/restart").get("error");
        if (error.isNull()) {
            assertThat(pids(pool)).doesNotContainAnyElementsOf(before);
            return "";
        }
        assertThat(pids(pool)).isEqualTo(before);
        return error.asString();
    }

    private static void kill(Backend pool, int index) {
        long before = pids(pool).get(index - 1);
        ProcessHandle.of(before).orElseThrow().destroyForcibly();
        await().until(
                        () -> {
                            JsonNode member =
                                    json(pool, "/status.json").at("/members/" + (index - 1));
                            return member.get("pid").asLong() != before
                                    && member.get("ready").asBoolean();
                        });
    }

    private static int terminate(Backend pool) {
        pool.process().signal("TERM");
        return pool.process().awaitExit();
    }

    private static List<Long> pids(Backend pool) {
        return json(pool, "/status.json")
                .get("members")
                .valueStream()
                .map(member -> member.get("pid").asLong())
                .toList();
    }

    private static JsonNode json(Backend pool, String path) {
        return new JsonMapper().readTree(pool.admin(path).body());
    }
}
