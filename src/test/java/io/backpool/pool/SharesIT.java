package io.backpool.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.backpool.testkit.Backend;
import io.backpool.testkit.Httpd;
import io.backpool.testkit.Ports;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * How many new clients the real httpd sends to each of three members: one that starts, one that is
 * sick, and one that is neither.
 */
@Timeout(value = 4, unit = TimeUnit.MINUTES)
class SharesIT {
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    @TempDir private Path directory;
    private final int port = Ports.free();
    private final int manager = Ports.free();
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    @Test
    void aNewMemberStartsSlowlyAndASickOneGetsNextToNothingUntilItIsWell() throws Exception {
        String balancer =
                "--balancer=http://127.0.0.1:%d/balancer-manager,membership=join"
                        .formatted(manager);
        try (Backend pool =
                        Backend.begin(
                                        directory,
                                        3,
                                        "--processes",
                                        "--slow-start=6s",
                                        "--sticky-grace=0s",
                                        "--access-log-file=access.log",
                                        "--app-warm-up=/bytes/10,/status/404",
                                        balancer)
                                .awaitReady(PATIENCE);
                Httpd ignored =
                        Httpd.printed(
                                directory,
                                port,
                                pool.settings(),
                                "--membership=join",
                                "--manager-port=" + manager)) {
            awaitThirds();
            assertWarmUpIsLoggedOnlyWhereItFails(pool);
            makeSick(pool, 2);
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(ask(100).getOrDefault("m2", 0)).isLessThan(5));
            assertThat(pool.admin("/metrics").body())
                    .contains("backpool_member_ejected{member=\"m2\"} 1.0")
                    .contains("backpool_member_ejected{member=\"m1\"} 0.0");
            pool.process().awaitLog("m2 - ejected: it answered ");

            assertThat(pool.control("/members/m3/restart").statusCode()).isEqualTo(202);
            assertStartsSlowly(pool);

            pool.process().awaitLog("m2 - not ejected any more");
            awaitThirds();
        }
    }

    /** Each request says who answered it: all of them were answered. */
    private Map<String, Integer> ask(int requests) throws Exception {
        Map<String, Integer> answers = new TreeMap<>();
        for (int i = 0; i < requests; i++) {
            JsonNode who = new JsonMapper().readTree(get(port, "/whoami").body());
            answers.merge(who.get("route").asString(), 1, Integer::sum);
        }
        return answers;
    }

    private HttpResponse<String> get(int at, String path) throws Exception {
        URI uri = URI.create("http://127.0.0.1:" + at + path);
        return client.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString());
    }

    private void awaitThirds() {
        await().atMost(PATIENCE)
                .ignoreExceptions()
                .untilAsserted(
                        () ->
                                assertThat(ask(90).values())
                                        .hasSize(3)
                                        .allMatch(count -> count >= 25 && count <= 35));
    }

    private static JsonNode member(Backend pool, int index) {
        JsonNode status = new JsonMapper().readTree(pool.admin("/status.json").body());
        return status.get("members").get(index - 1);
    }

    /** Half of what it answers and more are errors, of what comes past httpd. */
    private void makeSick(Backend pool, int index) {
        await().atMost(PATIENCE)
                .until(
                        () -> {
                            ask(30);
                            for (int i = 0; i < 20; i++) {
                                get(pool.httpPort(index), "/status/500");
                            }
                            return !member(pool, index).get("ejected").isNull();
                        });
    }

    /**
     * The share of m3, beside a whole member and one with a hundredth, is never above what the pool
     * says, and not far below, for httpd is told once a second.
     */
    private void assertStartsSlowly(Backend pool) throws Exception {
        await().atMost(PATIENCE).until(() -> member(pool, 3).get("restarts").asInt() == 1);
        await().atMost(PATIENCE).until(() -> member(pool, 3).get("share").asInt() > 0);
        int batches = 0;
        int answered = 0;
        double expected = 0;
        for (int share = member(pool, 3).get("share").asInt(); share < 100; batches++) {
            int count = ask(50).getOrDefault("m3", 0);
            answered += count;
            expected += 50.0 * share / (share + 101);
            share = member(pool, 3).get("share").asInt();
            assertThat(count)
                    .as("at %d percent", share)
                    .isLessThanOrEqualTo(50 * share / (share + 101) + 4);
        }
        System.out.printf(
                "slow start: %d of %d requests, %.0f expected%n", answered, 50 * batches, expected);
        assertThat(batches).isPositive();
        assertThat((double) answered).isBetween(expected / 3, expected * 2 + 10);
        assertThat(ask(100).getOrDefault("m3", 0)).isPositive();
    }

    private void assertWarmUpIsLoggedOnlyWhereItFails(Backend pool) throws Exception {
        pool.process().awaitLog("m3 - warm-up by GET /status/404: answered HTTP/1.1 404 Not Found");
        assertThat(pool.process().log()).doesNotContain("warm-up by GET /bytes");
        assertThat(pool.admin(pool.adminPort() + 1, "/metrics").body())
                .contains("uri=\"/whoami\"")
                .doesNotContain("uri=\"/bytes/{n}\"")
                .doesNotContain("uri=\"/status/{code}\"");
        List<Path> logs;
        try (var files = Files.list(directory)) {
            logs =
                    files.filter(file -> file.getFileName().toString().startsWith("access"))
                            .toList();
        }
        assertThat(logs).hasSize(3);
        for (Path log : logs) {
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(log).content().contains("/whoami"));
            assertThat(log).content().doesNotContain("/bytes/10").doesNotContain("/status/404");
        }
    }
}
