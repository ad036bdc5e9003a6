package io.backpool.app.showcase;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.backpool.config.QueueConfig;
import io.backpool.config.ServiceUrl;
import io.backpool.service.queue.MessageState;
import io.backpool.service.queue.MessageStatus;
import io.backpool.service.queue.PoolQueue;
import io.backpool.testkit.Backend;
import io.backpool.testkit.PostgresServer;
import io.backpool.testkit.RabbitServer;
import io.backpool.testkit.RedisServer;
import io.backpool.testkit.WebSocketMessages;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The product's jar with the embedded services, and with servers: four lines of difference. */
class ServicesIT {
    private static final Pattern PID = Pattern.compile("\"pid\"\\s*:\\s*(\\d+)");

    private static final Duration ONE_MINUTE = Duration.ofMinutes(1);
    private static final String ALL_UP =
            "\"cache\":\"UP\",\"database\":\"UP\",\"queue\":\"UP\",\"sessions\":\"UP\"";

    @TempDir Path directory;
    private final HttpClient http = HttpClient.newHttpClient();

    @Test
    void theWholeShowcaseWithNoServerInstalled() throws Exception {
        Path folder = Files.createDirectory(directory.resolve("pool"));
        try (Backend backend = Backend.start(folder, 2)) {
            backend.get(1, "/Zoe");
            assertThat(backend.admin("/metrics").body()).doesNotContain("backpool_cache_requests");
            assertNoService(folder);
            assertThat(backend.get(1, "/health/ready").body())
                    .endsWith("\"services\":{\"queue\":\"UP\"}}");
            String message = wholeShowcase(backend);
            assertThat(folder.resolve("data/queue.db")).exists();
            assertThat(folder.resolve("data/app.db")).exists();
            assertReady(backend, "\"cache\":\"UP\",\"database\":\"UP\",\"queue\":\"UP\"");
            backend.close();
            try (PoolQueue queue =
                    PoolQueue.open(
                            new QueueConfig(
                                    new ServiceUrl("sqlite:" + queueIn(folder)),
                                    "app",
                                    ONE_MINUTE,
                                    ONE_MINUTE),
                            ServicesIT::noStates)) {
                String left = queue.publish(new byte[4]);
                try (Backend again = Backend.start(folder, 2)) {
                    await().until(() -> isDone(queue, left));
                    assertThat(again.get(1, message).body()).contains("\"state\":\"done\"");
                    assertThat(again.get(2, "/users").body()).contains("z@x.org");
                }
            }
        }
    }

    @Test
    void theWholeShowcaseOnServersWithFourLines() throws Exception {
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
            try (Backend backend = Backend.start(folder, 2)) {
                wholeShowcase(backend);
                assertNoService(folder);
                assertReady(backend, ALL_UP);
                rabbit.kill();
                postgres.kill();
                HttpResponse<String> away = post(backend, "/messages", "x");
                assertThat(away.statusCode()).isEqualTo(503);
                assertThat(away.headers().firstValue("retry-after")).contains("1");
                await().atMost(ONE_MINUTE)
                        .until(() -> backend.get(1, "/users").statusCode() == 503);
                assertThat(backend.get(2, "/Zoe").statusCode()).isEqualTo(200);
                assertReady(backend, ALL_UP.replaceAll("(database|queue)\":\"UP", "$1\":\"DOWN"));
                postgres.restart();
                rabbit.restart();
                await().atMost(ONE_MINUTE)
                        .until(() -> post(backend, "/messages", "x").statusCode() == 202);
                await().atMost(ONE_MINUTE)
                        .until(() -> backend.get(1, "/users").statusCode() == 200);
                await().atMost(ONE_MINUTE).untilAsserted(() -> assertReady(backend, ALL_UP));
                assertThat(backend.process().log()).doesNotContain("s3cret", "guest");
            }
        }
    }

    /** A service that is away makes no member unready. */
    private static void assertReady(Backend backend, String services) {
        for (HttpResponse<String> answer :
                List.of(backend.get(1, "/health/ready"), backend.admin("/health/ready"))) {
            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(answer.body()).endsWith(",\"services\":{" + services + "}}");
        }
    }

    /** Beside the AJP secret and the pool's own there is nothing. */
    private static void assertNoService(Path folder) {
        assertThat(folder.resolve("data"))
                .isDirectoryNotContaining(
                        file ->
                                !file.getFileName()
                                        .toString()
                                        .matches("ajp-secret.*|pool\\.lock|tmp"));
    }

    private static Path queueIn(Path folder) {
        return folder.resolve("data/queue.db");
    }

    private static DataSource noStates() {
        throw new IllegalStateException("SQLite has the states in its file");
    }

    private static boolean isDone(PoolQueue queue, String id) {
        MessageStatus status = queue.find(id);
        return status != null && status.state() == MessageState.DONE;
    }

    @Test
    void twoProcessesWriteTheSameFilesUnderLoad() throws Exception {
        int each = 150;
        int clients = 6;
        Path folder = Files.createDirectory(directory.resolve("pool"));
        var threads = Executors.newFixedThreadPool(clients);
        try (Backend backend = Backend.start(folder, 2, "--processes")) {
            List<Future<String>> messages = new ArrayList<>();
            for (int thread = 0; thread < clients; thread++) {
                int member = 1 + thread % 2;
                int client = thread;
                for (int i = 0; i < each; i++) {
                    String user = "{\"name\":\"Z\",\"email\":\"%d-%d@x.org\"}".formatted(client, i);
                    messages.add(
                            threads.submit(
                                    () -> {
                                        assertThat(
                                                        post(backend, member, "/users", user)
                                                                .statusCode())
                                                .isEqualTo(201);
                                        HttpResponse<String> taken =
                                                post(backend, member, "/messages", "x");
                                        assertThat(taken.statusCode())
                                                .as(taken.body())
                                                .isEqualTo(202);
                                        return taken.headers().firstValue("location").orElseThrow();
                                    }));
                }
            }
            for (Future<String> message : messages) {
                String path = message.get(2, TimeUnit.MINUTES);
                await().pollDelay(Duration.ZERO)
                        .atMost(ONE_MINUTE)
                        .until(() -> backend.get(1, path).body().contains("\"state\":\"done\""));
            }
            String users = backend.get(2, "/users?limit=1000").body();
            assertThat(users.split("\"email\"", -1)).hasSize(clients * each + 1);
            await().until(() -> backend.admin("/health/ready").body().contains("\"queue\":\"UP\""));
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void aSessionOutlivesEachWayItsMemberCanGo() throws Exception {
        Path folder = Files.createDirectory(directory.resolve("pool"));
        try (RedisServer redis = RedisServer.start(directory);
                Backend backend =
                        Backend.start(folder, 3, "--processes", "--sessions-url=" + redis.url())) {
            HttpResponse<String> first = session(backend, 1, "");
            String cookie = first.headers().firstValue("set-cookie").orElseThrow().split(";")[0];
            assertThat(cookie).endsWith(".m1");
            assertThat(session(backend, 1, cookie).body()).contains("\"count\":2");
            assertThat(session(backend, 1, cookie).headers().firstValue("set-cookie")).isEmpty();

            // kill -9
            Matcher pid = PID.matcher(backend.get(1, "/whoami").body());
            assertThat(pid.find()).isTrue();
            ProcessHandle.of(Long.parseLong(pid.group(1))).orElseThrow().destroyForcibly();
            HttpResponse<String> moved = session(backend, 2, cookie);
            assertThat(moved.body()).contains("\"count\":4");
            assertThat(moved.headers().firstValue("set-cookie"))
                    .hasValueSatisfying(
                            value -> assertThat(value).startsWith(cookie.replace(".m1", ".m2")));
            await().atMost(ONE_MINUTE).until(() -> backend.status("/health/ready?all") == 200);

            assertThat(backend.control("/members/m2/drain").statusCode()).isEqualTo(202);
            assertThat(session(backend, 3, cookie).body()).contains("\"count\":5");
            assertThat(backend.control("/members/m2/resume").statusCode()).isEqualTo(202);

            assertThat(backend.control("/members/m3/restart").statusCode()).isEqualTo(202);
            await().atMost(ONE_MINUTE)
                    .until(() -> backend.admin("/restart").body().contains("\"running\":false"));
            assertThat(session(backend, 3, cookie).body()).contains("\"count\":6");

            assertThat(backend.control("/scale?members=2").statusCode()).isEqualTo(202);
            await().atMost(ONE_MINUTE)
                    .until(() -> !backend.admin("/status.json").body().contains("\"m3\""));
            assertThat(session(backend, 1, cookie).body()).contains("\"count\":7");

            String forged = "JSESSIONID=made-up.m2";
            assertThat(session(backend, 2, forged).body())
                    .contains("\"count\":1")
                    .doesNotContain("made-up");
            redis.kill();
            assertThat(session(backend, 2, cookie).statusCode()).isEqualTo(503);
            assertThat(backend.get(2, "/").statusCode()).isEqualTo(200);
            await().until(
                            () ->
                                    backend.admin("/health/ready")
                                            .body()
                                            .contains("\"sessions\":\"DOWN\""));
            assertThat(backend.admin("/health/ready").statusCode()).isEqualTo(200);
        }
    }

    private HttpResponse<String> session(Backend backend, int member, String cookie)
            throws IOException, InterruptedException {
        URI uri = URI.create("http://127.0.0.1:" + backend.httpPort(member) + "/session");
        return http.send(
                HttpRequest.newBuilder(uri).header("Cookie", cookie).build(),
                HttpResponse.BodyHandlers.ofString());
    }

    /** Every path of the showcase, at two members; returns the path of a message. */
    private String wholeShowcase(Backend backend) throws Exception {
        for (String path :
                List.of(
                        "/",
                        "/Zoe",
                        "/whoami",
                        "/headers/100",
                        "/bytes/10",
                        "/stream/3?every=10ms",
                        "/sleep?for=10ms",
                        "/work?for=1ms",
                        "/static/hello.txt")) {
            assertThat(backend.get(1, path).statusCode()).as(path).isEqualTo(200);
        }
        assertThat(backend.get(1, "/status/418").statusCode()).isEqualTo(418);
        assertThat(post(backend, "/echo", "echoed").body()).isEqualTo("echoed");
        assertThat(firstEvent(backend)).isNotEmpty();
        assertThat(throughWebSocket(backend, "echoed")).isEqualTo("echoed");
        HttpResponse<String> first = session(backend, 1, "");
        String cookie = first.headers().firstValue("set-cookie").orElseThrow().split(";")[0];
        assertThat(session(backend, 2, cookie).body()).contains("\"count\":2");
        return useServices(backend);
    }

    private String firstEvent(Backend backend) throws Exception {
        URI uri = URI.create("http://127.0.0.1:" + backend.httpPort(1) + "/events");
        try (Stream<String> lines =
                http.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofLines())
                        .body()) {
            return lines.findFirst().orElseThrow();
        }
    }

    private @Nullable Object throughWebSocket(Backend backend, String text) throws Exception {
        URI uri = URI.create("ws://127.0.0.1:" + backend.httpPort(1) + "/ws");
        return WebSocketMessages.echo(http, uri, text);
    }

    private String useServices(Backend backend) throws Exception {
        assertThat(backend.get(1, "/cached/Zoe?ttl=60s").headers().firstValue("x-cache"))
                .contains("MISS");
        HttpResponse<String> hit = backend.get(2, "/cached/Zoe?ttl=60s");
        assertThat(hit.headers().firstValue("x-cache")).contains("HIT");
        assertThat(hit.headers().firstValue("age")).isPresent();
        assertThat(hit.body()).isEqualTo("Hello, Zoe");

        HttpResponse<String> taken = post(backend, "/messages", "work");
        assertThat(taken.statusCode()).isEqualTo(202);
        assertThat(taken.body()).isEqualTo("Request received");
        String message = taken.headers().firstValue("location").orElseThrow();
        await().until(() -> backend.get(2, message).body().contains("\"state\":\"done\""));
        assertThat(backend.get(1, message).body())
                .contains("\"attempts\":1,\"result\":\"4 bytes seen\"");
        assertThat(backend.get(1, "/messages/none").statusCode()).isEqualTo(404);

        assertThat(post(backend, "/users", "{\"name\":\"Zoe\",\"email\":\"z@x.org\"}").statusCode())
                .isEqualTo(201);
        assertThat(backend.get(2, "/users").body()).contains("z@x.org");

        await().until(() -> backend.admin("/metrics").body().contains("backpool_queue_depth 0.0"));
        String metrics = backend.admin("/metrics").body();
        assertThat(metrics)
                .contains("backpool_cache_requests_total{result=\"hit\"} 1.0")
                .contains("backpool_queue_messages_total{outcome=\"done\"} 1.0")
                .contains("backpool_service_up{service=\"database\"} 1.0")
                .contains("hikaricp_connections_max{pool=\"database\"}");
        return message;
    }

    private HttpResponse<String> post(Backend backend, String path, String body)
            throws IOException, InterruptedException {
        return post(backend, 1, path, body);
    }

    private HttpResponse<String> post(Backend backend, int member, String path, String body)
            throws IOException, InterruptedException {
        URI uri = URI.create("http://127.0.0.1:" + backend.httpPort(member) + path);
        return http.send(
                HttpRequest.newBuilder(uri).POST(HttpRequest.BodyPublishers.ofString(body)).build(),
                HttpResponse.BodyHandlers.ofString());
    }
}
