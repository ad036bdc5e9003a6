package io.backpool.app.showcase;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.backpool.testkit.Backend;
import io.backpool.testkit.Command;
import io.backpool.testkit.Ports;
import io.backpool.testkit.PostgresServer;
import io.backpool.testkit.RabbitServer;
import io.backpool.testkit.RedisServer;
import io.backpool.testkit.TestServer;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A pool whose engines are away, or whose files are deleted. */
class ServicesAwayIT {
    private static final Duration ONE_MINUTE = Duration.ofMinutes(1);

    /** Less than any engine is waited for, but the first of Redis. */
    private static final Duration PROMPT = Duration.ofSeconds(3);

    private static final List<String> SERVICES = List.of("cache", "database", "queue", "sessions");

    @TempDir Path directory;
    private final HttpClient http = HttpClient.newHttpClient();

    @Test
    void healthStatusAndMetricsNeverWaitForAnEngineAndSayWhichOneIsAway() throws Exception {
        Path folder = Files.createDirectory(directory.resolve("pool"));
        try (RedisServer redis = RedisServer.start(directory);
                RabbitServer rabbit = RabbitServer.start(directory);
                PostgresServer postgres = PostgresServer.start()) {
            Files.writeString(
                    folder.resolve("backend.yaml"),
                    """
                    sessions: {url: "%1$s"}
                    cache: {url: "%1$s"}
                    queue: {url: "%2$s"}
                    database: {url: "%3$s"}
                    """
                            .formatted(redis.url(), rabbit.url(), postgres.url()));
            String found = check(folder);
            assertThat(found)
                    .contains("cache.url: " + redis.url() + ": answers")
                    .contains("sessions.url: " + redis.url() + ": answers")
                    .contains("queue.url: amqp://127.0.0.1:" + rabbit.port() + ": answers, ")
                    .contains("backpool.app.dead")
                    .contains("are not there yet: made at the first use")
                    .containsPattern("database.url: .*: PostgreSQL \\d+")
                    .endsWith("ok\n");
            assertThat(check(folder)).isEqualTo(found);
            List<TestServer> engines = List.of(redis, rabbit, postgres);
            try (Backend backend = Backend.start(folder, 1)) {
                assertThat(backend.get(1, "/cached/Zoe?ttl=60s").statusCode()).isEqualTo(200);
                assertThat(backend.get(1, "/users").statusCode()).isEqualTo(200);
                awaitAll(backend, true);
                engines.forEach(engine -> engine.signal("STOP"));
                awaitAll(backend, false);
                engines.forEach(engine -> engine.signal("CONT"));
                awaitAll(backend, true);
                engines.forEach(TestServer::kill);
                awaitAll(backend, false);
                engines.forEach(TestServer::restart);
                awaitAll(backend, true);
            }
        }
    }

    @Test
    void serversThatAreAwayAreOneLineOfTheLogEach() throws Exception {
        Path folder = Files.createDirectory(directory.resolve("pool"));
        int port = Ports.free(2);
        String hosts = "127.0.0.1:%d,127.0.0.1:%d".formatted(port, port + 1);
        Files.writeString(
                folder.resolve("backend.yaml"),
                """
                sessions: {url: "redis-sentinel://%1$s/0#main"}
                cache: {url: "redis+cluster://%1$s"}
                queue: {url: "kafka://%1$s"}
                """
                        .formatted(hosts));
        try (Backend backend = Backend.start(folder, 1)) {
            assertThat(backend.get(1, "/cached/Zoe?ttl=60s").statusCode()).isEqualTo(200);
            await().atMost(ONE_MINUTE)
                    .until(() -> look(backend, "/health/ready").contains("\"queue\":\"DOWN\""));
            await().during(Duration.ofSeconds(5))
                    .atMost(ONE_MINUTE)
                    .until(() -> look(backend, "/health/ready").contains("\"cache\":\"DOWN\""));
            assertThat(backend.process().log().lines().filter(line -> line.contains(hosts)))
                    .hasSize(3);
            assertThat(backend.process().log().lines().filter(line -> line.contains(" WARN ")))
                    .hasSize(3);
        }
    }

    private static String check(Path folder) {
        return Command.run(folder, Backend.command("check", "--connect")).output();
    }

    /** Nobody uses the services meanwhile: what is shown comes from the background. */
    private void awaitAll(Backend backend, boolean up) {
        await().atMost(ONE_MINUTE)
                .untilAsserted(
                        () -> {
                            String ready = look(backend, "/health/ready");
                            String status = look(backend, "/status.json");
                            String metrics = look(backend, "/metrics");
                            for (String service : SERVICES) {
                                String state = "\"" + service + "\":\"" + (up ? "UP" : "DOWN");
                                assertThat(ready).contains(state);
                                assertThat(status.replace(" ", "")).contains(state);
                                assertThat(metrics)
                                        .contains(
                                                "backpool_service_up{service=\"%s\"} %s"
                                                        .formatted(service, up ? "1.0" : "0.0"));
                            }
                        });
    }

    private String look(Backend backend, String path) throws Exception {
        URI uri = URI.create("http://127.0.0.1:" + backend.adminPort() + path);
        HttpRequest request = HttpRequest.newBuilder(uri).timeout(PROMPT).build();
        HttpResponse<String> answer;
        try {
            answer = http.send(request, HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new IllegalStateException(path + " waits for an engine", e);
        }
        assertThat(answer.statusCode()).isEqualTo(200);
        return answer.body();
    }

    @Test
    void filesThatAreDeletedAreMadeAgainAndReadinessTells() throws Exception {
        Path folder = Files.createDirectory(directory.resolve("pool"));
        try (Backend backend = Backend.start(folder, 1)) {
            assertThat(post(backend, "/messages", "x")).isEqualTo(202);
            assertThat(post(backend, "/users", user("one"))).isEqualTo(201);
            Path data = folder.resolve("data");
            Files.move(data, folder.resolve("gone"));
            await().atMost(ONE_MINUTE)
                    .until(
                            () ->
                                    look(backend, "/health/ready")
                                            .contains("\"database\":\"DOWN\",\"queue\":\"DOWN\""));
            assertThat(post(backend, "/messages", "x")).isEqualTo(202);
            assertThat(post(backend, "/users", user("two"))).isEqualTo(201);
            assertThat(data.resolve("queue.db")).exists();
            assertThat(backend.get(1, "/users").body()).contains("two@").doesNotContain("one@");
            await().atMost(ONE_MINUTE)
                    .until(
                            () ->
                                    look(backend, "/health/ready")
                                            .contains("\"database\":\"UP\",\"queue\":\"UP\""));
            assertThat(backend.process().log().lines())
                    .filteredOn(line -> line.contains("was deleted or replaced"))
                    .hasSize(2);
        }
    }

    private static String user(String name) {
        return "{\"name\":\"%1$s\",\"email\":\"%1$s@x.org\"}".formatted(name);
    }

    private int post(Backend backend, String path, String body) throws Exception {
        URI uri = URI.create("http://127.0.0.1:" + backend.httpPort(1) + path);
        return http.send(
                        HttpRequest.newBuilder(uri)
                                .POST(HttpRequest.BodyPublishers.ofString(body))
                                .build(),
                        HttpResponse.BodyHandlers.ofString())
                .statusCode();
    }
}
