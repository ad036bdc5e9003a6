package io.backpool.app.showcase;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.backpool.testkit.Backend;
import io.backpool.testkit.MemcachedServer;
import io.backpool.testkit.PostgresServer;
import io.backpool.testkit.RabbitServer;
import io.backpool.testkit.RedisServer;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The product's jar with the embedded services, and with servers: four lines of difference. */
class ServicesIT {
    private static final Pattern PID = Pattern.compile("\"pid\"\\s*:\\s*(\\d+)");

    @TempDir Path directory;
    private final HttpClient http = HttpClient.newHttpClient();

    @Test
    void withNoServerInstalledAndNothingOpenedBeforeItIsUsed() throws Exception {
        Path folder = Files.createDirectory(directory.resolve("pool"));
        try (Backend backend = Backend.start(folder, 2)) {
            backend.get(1, "/Zoe");
            assertThat(folder.resolve("data/queue.db")).doesNotExist();
            assertThat(folder.resolve("data/app.db")).doesNotExist();
            assertThat(backend.admin("/metrics").body()).doesNotContain("backpool_cache_requests");
            String message = useEverything(backend);
            assertThat(folder.resolve("data/queue.db")).exists();
            assertThat(folder.resolve("data/app.db")).exists();
            backend.close();
            try (Backend again = Backend.start(folder, 2)) {
                assertThat(again.get(1, message).body()).contains("\"state\":\"done\"");
                assertThat(again.get(2, "/users").body()).contains("z@x.org");
            }
        }
    }

    @Test
    void withServersAndNoPasswordInTheLog() throws Exception {
        Path folder = Files.createDirectory(directory.resolve("pool"));
        try (MemcachedServer memcached = MemcachedServer.start(directory);
                RabbitServer rabbit = RabbitServer.start(directory);
                PostgresServer postgres = PostgresServer.start()) {
            Files.writeString(
                    folder.resolve("backend.yaml"),
                    """
                    cache: {url: "%s"}
                    queue: {url: "%s"}
                    database: {url: "%s"}
                    """
                            .formatted(memcached.url(), rabbit.url(), postgres.url()));
            try (Backend backend = Backend.start(folder, 2)) {
                useEverything(backend);
                assertThat(folder.resolve("data/queue.db")).doesNotExist();
                rabbit.kill();
                postgres.kill();
                HttpResponse<String> away = post(backend, "/messages", "x");
                assertThat(away.statusCode()).isEqualTo(503);
                assertThat(away.headers().firstValue("retry-after")).contains("1");
                assertThat(backend.get(1, "/users").statusCode()).isIn(500, 503);
                assertThat(backend.get(2, "/Zoe").statusCode()).isEqualTo(200);
                assertThat(backend.process().log()).doesNotContain("s3cret", "guest");
            }
        }
    }

    @Test
    void aSessionOutlivesItsKilledMember() throws Exception {
        Path folder = Files.createDirectory(directory.resolve("pool"));
        try (RedisServer redis = RedisServer.start(directory);
                Backend backend =
                        Backend.start(folder, 2, "--processes", "--sessions-url=" + redis.url())) {
            HttpResponse<String> first = session(backend, 1, "");
            String cookie = first.headers().firstValue("set-cookie").orElseThrow().split(";")[0];
            assertThat(cookie).endsWith(".m1");
            assertThat(session(backend, 1, cookie).body()).contains("\"count\":2");
            assertThat(session(backend, 1, cookie).headers().firstValue("set-cookie")).isEmpty();

            Matcher pid = PID.matcher(backend.get(1, "/whoami").body());
            assertThat(pid.find()).isTrue();
            ProcessHandle.of(Long.parseLong(pid.group(1))).orElseThrow().destroyForcibly();
            HttpResponse<String> moved = session(backend, 2, cookie);
            assertThat(moved.body()).contains("\"count\":4");
            assertThat(moved.headers().firstValue("set-cookie"))
                    .hasValueSatisfying(
                            value -> assertThat(value).startsWith(cookie.replace(".m1", ".m2")));

            String forged = "JSESSIONID=made-up.m2";
            assertThat(session(backend, 2, forged).body())
                    .contains("\"count\":1")
                    .doesNotContain("made-up");
            redis.kill();
            assertThat(session(backend, 2, cookie).statusCode()).isEqualTo(503);
            assertThat(backend.get(2, "/").statusCode()).isEqualTo(200);
        }
    }

    private HttpResponse<String> session(Backend backend, int member, String cookie)
            throws IOException, InterruptedException {
        URI uri = URI.create("http://127.0.0.1:" + backend.httpPort(member) + "/session");
        return http.send(
                HttpRequest.newBuilder(uri).header("Cookie", cookie).build(),
                HttpResponse.BodyHandlers.ofString());
    }

    private String useEverything(Backend backend) throws Exception {
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

        String metrics = backend.admin("/metrics").body();
        assertThat(metrics)
                .contains("backpool_cache_requests_total{result=\"hit\"} 1.0")
                .contains("backpool_queue_messages_total{outcome=\"done\"} 1.0")
                .contains("backpool_queue_depth 0.0")
                .contains("backpool_service_up{service=\"database\"} 1.0")
                .contains("hikaricp_connections_max{pool=\"database\"}");
        return message;
    }

    private HttpResponse<String> post(Backend backend, String path, String body)
            throws IOException, InterruptedException {
        URI uri = URI.create("http://127.0.0.1:" + backend.httpPort(1) + path);
        return http.send(
                HttpRequest.newBuilder(uri).POST(HttpRequest.BodyPublishers.ofString(body)).build(),
                HttpResponse.BodyHandlers.ofString());
    }
}
