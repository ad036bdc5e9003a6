package io.backpool.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.backpool.testkit.Backend;
import io.backpool.testkit.Command;
import io.backpool.testkit.ServerProcess;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The pool as a process: how it starts, what it shares, how it stops. */
class PoolIT {
    @TempDir Path directory;

    @Test
    void everyMemberAnswersForItself() {
        try (Backend backend = Backend.start(directory, 3)) {
            for (int member = 1; member <= 3; member++) {
                assertThat(backend.get(member, "/").body()).isEqualTo("Hello, World!");
                assertThat(backend.get(member, "/health/ready").body())
                        .isEqualTo(
                                "{\"status\":\"UP\",\"state\":\"SERVING\",\"route\":\"m%d\",\"services\":{\"queue\":\"UP\"}}"
                                        .formatted(member));
                assertThat(backend.get(member, "/health/live").statusCode()).isEqualTo(200);
            }
        }
    }

    @Test
    void tenMembersHaveTheThreadsOfOne() throws IOException {
        try (Backend one = Backend.start(Files.createDirectory(directory.resolve("1")), 1);
                Backend ten = Backend.start(Files.createDirectory(directory.resolve("10")), 10)) {
            assertThat(threads(ten.process())).isLessThan(threads(one.process()) + 5);
        }
    }

    @Test
    void theAjpSecretIsMadeOnceForItsOwnerOnly() throws IOException {
        Path secret = directory.resolve("data/ajp-secret");
        String made;
        try (Backend backend = Backend.start(directory, 1)) {
            made = Files.readString(secret).strip();
            assertThat(backend.process().log())
                    .contains("AJP secret made in " + secret)
                    .doesNotContain(made);
            assertThat(Files.readString(directory.resolve("data/ajp-secret.conf")))
                    .isEqualTo("Define BACKPOOL_AJP_SECRET " + made + "\n");
            for (Path file : List.of(secret, directory.resolve("data/ajp-secret.conf"))) {
                assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                        .isEqualTo("rw-------");
            }
        }
        try (Backend again = Backend.start(directory, 1)) {
            assertThat(again.process().log()).contains("AJP secret read from " + secret);
            assertThat(Files.readString(secret).strip()).isEqualTo(made);
        }
    }

    @Test
    void aSecretThatOthersCanReadIsRefused() throws IOException {
        Path secret = Files.writeString(directory.resolve("secret"), "0123456789abcdef");
        Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rw-r--r--"));

        Command serve =
                Command.run(
                        directory,
                        Backend.command("serve", "--ajp-secret-file=" + secret, "--admin-port=1"));

        assertThat(serve.exit()).isEqualTo(78);
        assertThat(serve.output())
                .contains("can be read by everyone: chmod 600 " + secret)
                .doesNotContain("0123456789abcdef");
    }

    @Test
    void termLetsRequestsFinish() throws Exception {
        try (Backend backend = Backend.start(directory, 2)) {
            CompletableFuture<HttpResponse<String>> slow =
                    CompletableFuture.supplyAsync(() -> backend.get(1, "/sleep?for=6s"));
            await().until(() -> backend.admin("/status.json").body().contains("\"inFlight\":1"));

            backend.process().signal("TERM");

            await().until(() -> backend.get(1, "/health/ready").statusCode() == 503);
            assertThat(backend.get(1, "/health/live").statusCode()).isEqualTo(200);
            assertThat(backend.get(2, "/").body()).isEqualTo("Hello, World!");
            assertThat(slow.get().statusCode()).isEqualTo(200);
            assertThat(backend.process().awaitExit()).isEqualTo(143);
        }
    }

    @Test
    void noMemberWaitsForEver() {
        try (Backend backend = Backend.start(directory, 2, "--drain-timeout=1s")) {
            CompletableFuture<HttpResponse<String>> other =
                    CompletableFuture.supplyAsync(() -> backend.get(2, "/sleep?for=60s"));
            await().until(() -> backend.admin("/status.json").body().contains("\"inFlight\":1"));
            assertThat(control(backend, "scale", "1").exit()).isZero();
            await().until(
                            () ->
                                    backend.admin("/metrics")
                                            .body()
                                            .contains(
                                                    "backpool_requests_cut_total{member=\"m2\"}"
                                                            + " 1.0"));
            assertThat(backend.process().log())
                    .contains("m2 - cut 1 requests that took longer than");
            assertThat(other).failsWithin(java.time.Duration.ofSeconds(10));

            CompletableFuture<HttpResponse<String>> slow =
                    CompletableFuture.supplyAsync(() -> backend.get(1, "/sleep?for=60s"));
            await().until(() -> backend.admin("/status.json").body().contains("\"inFlight\":1"));

            backend.process().signal("TERM");

            assertThat(backend.process().awaitExit()).isEqualTo(143);
            assertThat(backend.process().log())
                    .contains("m1 - cut 1 requests that took longer than");
            assertThat(slow).failsWithin(java.time.Duration.ofSeconds(10));
        }
    }

    @Test
    void scalingOpensAndClosesMembersLive() {
        try (Backend backend = Backend.start(directory, 3)) {
            assertThat(control(backend, "scale", "1").output()).contains("The one member serves");
            assertThat(backend.get(1, "/").statusCode()).isEqualTo(200);
            assertThat(control(backend, "scale", "3").output()).contains("All 3 members serve");
            assertThat(backend.get(3, "/").statusCode()).isEqualTo(200);
            assertThat(control(backend, "scale", "101").exit()).isEqualTo(1);
        }
    }

    @Test
    void drainAndResumeShowInStatusAndMetrics() {
        try (Backend backend = Backend.start(directory, 2)) {
            assertThat(control(backend, "drain", "m2").output())
                    .startsWith("m2 is draining, in flight: 0\n")
                    .contains("backend.jar resume m2");
            assertThat(control(backend, "status").output()).containsPattern("m2 +draining");
            JsonNode status =
                    new JsonMapper().readTree(control(backend, "status", "--json").output());
            assertThat(status.at("/members/1/state").asString()).isEqualTo("draining");
            assertThat(backend.admin("/metrics").body())
                    .contains("backpool_member_state{member=\"m2\",state=\"draining\"} 1.0")
                    .contains("backpool_member_state{member=\"m2\",state=\"serving\"} 0.0");
            assertThat(control(backend, "resume", "m2").output())
                    .startsWith("m2 is serving\n")
                    .contains("All 2 members serve; no httpd is configured.");
            assertThat(control(backend, "drain", "m3").output())
                    .isEqualTo(
                            "The pool refuses: No member has the route m3. The routes are m1,"
                                    + " m2.\n");
        }
    }

    @Test
    void whatClientsInventMakesNoNewSeries() {
        try (Backend backend = Backend.start(directory, 1)) {
            for (int i = 0; i < 50; i++) {
                backend.get(1, "/no/such/path/" + i);
                backend.get(1, "/name" + i);
            }
            assertThat(
                            backend.admin("/metrics")
                                    .body()
                                    .lines()
                                    .filter(
                                            line ->
                                                    line.startsWith(
                                                            "http_server_requests_seconds_count"))
                                    .map(line -> line.replaceAll(".*uri=\"([^\"]*)\".*", "$1")))
                    .containsExactlyInAnyOrder("NOT_FOUND", "/health", "/{name}");
        }
    }

    private Command control(Backend backend, String... arguments) {
        List<String> command = Backend.command(arguments);
        command.addAll(backend.settings());
        return Command.run(directory, command);
    }

    private static int threads(ServerProcess process) throws IOException {
        return Files.readAllLines(Path.of("/proc/" + process.pid() + "/status")).stream()
                .filter(line -> line.startsWith("Threads:"))
                .mapToInt(line -> Integer.parseInt(line.substring(8).strip()))
                .sum();
    }
}
