package io.backpool.supervisor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.backpool.testkit.AppJar;
import io.backpool.testkit.Backend;
import io.backpool.testkit.Command;
import io.backpool.testkit.Ports;
import io.backpool.testkit.RawSocket;
import io.backpool.testkit.ServerProcess;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Members as processes, with the real jar. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class SupervisorIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    /** Blocks the event loop that it is asked on. */
    private static final String STUCK =
            """
            package demo;

            public final class Stuck implements io.backpool.app.Application {
                @Override
                public io.undertow.server.HttpHandler start(io.backpool.app.Services services) {
                    return exchange -> {
                        if (exchange.getRequestPath().equals("/stuck")) {
                            new java.util.concurrent.CountDownLatch(1).await();
                        }
                        exchange.getResponseSender().send("free");
                    };
                }
            }
            """;

    private static final String HALF_A_POST =
            "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nha";

    @TempDir private Path directory;

    @BeforeEach
    void patience() {
        org.awaitility.Awaitility.setDefaultTimeout(PATIENCE);
    }

    @Test
    void eachMemberIsAProcess() {
        try (Backend pool = pool(3)) {
            assertThat(pids(pool, 3)).doesNotHaveDuplicates().doesNotContain(pool.process().pid());
            for (int index = 1; index <= 3; index++) {
                assertThat(pool.get(index, "/").statusCode()).isEqualTo(200);
                assertThat(Ports.isOpen(pool.adminPort() + index)).isTrue();
            }
            assertThat(pool.process().log()).contains("m2 | ");
            assertThat(terminate(pool)).isEqualTo(143);
            assertThat(portsHeld(pool, 3)).isEmpty();
        }
    }

    @Test
    void aKilledMemberIsBackAndSaysWhy() {
        try (Backend pool = pool(2)) {
            List<Long> before = pids(pool, 2);
            ProcessHandle.of(before.get(0)).orElseThrow().destroyForcibly();
            awaitRestarts(pool, 1, 1);
            pool.process().awaitLog("m1 - process " + before.get(0) + " ended by signal 9");
            assertThat(pids(pool, 2).get(1)).isEqualTo(before.get(1));
            assertThat(pool.admin("/metrics").body())
                    .contains(
                            "backpool_process_restarts_total{member=\"m1\",reason=\"signal\"} 1.0");
        }
    }

    @Test
    void aMemberThatHangsIsDumpedEndedAndReplaced() throws IOException {
        Path jar = AppJar.make(directory, "stuck.jar", List.of("demo.Stuck"), STUCK);
        try (Backend pool = pool(2, "--drain-timeout=1s", "--app-jar=" + jar);
                RawSocket client = RawSocket.connect(pool.httpPort(1))) {
            List<Long> hung = pids(pool, 2);
            client.send("GET /stuck HTTP/1.1\r\nHost: a\r\n\r\n");
            ServerProcess.signal("STOP", hung.get(1));
            awaitRestarts(pool, 1, 1);
            awaitRestarts(pool, 2, 1);
            assertThat(pool.process().log())
                    .contains("m1 - process " + hung.get(0) + " hangs")
                    .contains("m2 - process " + hung.get(1) + " hangs")
                    .contains("Full thread dump", "at demo.Stuck.");
            assertThat(hung).allMatch(pid -> ProcessHandle.of(pid).isEmpty());
            assertThat(pool.admin("/metrics").body())
                    .contains("member=\"m1\",reason=\"hung\"} 1.0")
                    .contains("member=\"m2\",reason=\"hung\"} 1.0");
        }
    }

    @Test
    void whenTheSupervisorIsKilledRequestsFinishAndNoMemberIsLeft() {
        try (Backend pool = pool(2);
                RawSocket client = RawSocket.connect(pool.httpPort(1))) {
            List<Long> members = pids(pool, 2);
            client.send(HALF_A_POST);
            await().until(() -> inFlight(pool, 1) == 1);
            pool.process().handle().destroyForcibly();
            await().until(() -> pool.get(1, "/health/ready").statusCode() == 503);
            assertThat(RawSocket.text(client.send("lf!").readUntil(SupervisorIT::isEchoed)))
                    .startsWith("HTTP/1.1 200");
            await().until(() -> members.stream().allMatch(pid -> ProcessHandle.of(pid).isEmpty()));
            assertThat(portsHeld(pool, 2)).isEmpty();
        }
    }

    @Test
    void aPortThatIsTakenStopsEverythingWithTheMembersOwnWords() throws IOException {
        int first = Ports.free(7);
        try (var taken = new ServerSocket(first, 1, java.net.InetAddress.getLoopbackAddress())) {
            Command serve =
                    Command.run(
                            directory,
                            Backend.command(
                                    "serve",
                                    "--processes",
                                    "--members=2",
                                    "--http-port=" + taken.getLocalPort(),
                                    "--ajp-port=" + (first + 2),
                                    "--admin-port=" + (first + 4)));
            assertThat(serve.exit()).isEqualTo(69);
            assertThat(serve.output().lines())
                    .anyMatch(line -> line.startsWith("Cannot listen on 127.0.0.1:" + first));
            assertThat(serve.output()).doesNotContain("starting another one");
        }
    }

    @Test
    void aRollChangesEveryProcess() {
        try (Backend pool = pool(3)) {
            List<Long> before = pids(pool, 3);
            Command restart = command(pool, "restart");
            assertThat(restart.exit()).as(restart.output()).isZero();
            List<Long> after = pids(pool, 3);
            assertThat(after).doesNotContainAnyElementsOf(before);
            assertThat(restart.output().lines())
                    .containsSubsequence(
                            "m1 - up as process " + after.get(0),
                            "m2 - finishes its requests",
                            "m2 - up as process " + after.get(1));
            long second = after.get(1);
            assertThat(command(pool, "restart", "m2").exit()).isZero();
            assertThat(pids(pool, 3).get(1)).isNotEqualTo(second);
            assertThat(pids(pool, 3).get(2)).isEqualTo(after.get(2));
        }
    }

    @Test
    void ofTwoAtATimeOneWaitsForItsRequestWhileTheOtherLaneGoesOn() throws Exception {
        try (Backend pool = pool(3, "--drain-timeout=2m", "--limits-body-timeout=2m");
                RawSocket held = RawSocket.connect(pool.httpPort(1))) {
            List<Long> before = pids(pool, 3);
            held.send(HALF_A_POST);
            await().until(() -> inFlight(pool, 1) == 1);
            var roll =
                    CompletableFuture.supplyAsync(() -> command(pool, "restart", "--parallel=2"));
            pool.process().awaitLog("m3 - up as process");
            assertThat(pids(pool, 3).get(0)).isEqualTo(before.get(0));
            assertThat(RawSocket.text(held.send("lf!").readUntil(SupervisorIT::isEchoed)))
                    .startsWith("HTTP/1.1 200");
            Command restart = roll.get();
            assertThat(restart.exit()).as(restart.output()).isZero();
            assertThat(pids(pool, 3)).doesNotContainAnyElementsOf(before);
            assertThat(restart.output().lines().map(line -> line.replaceAll("process \\d+", "a")))
                    .containsSubsequence(
                            "m2 - up as a",
                            "m3 - finishes its requests",
                            "m3 - up as a",
                            "m1 - up as a");
        }
    }

    @Test
    void hupRolls() {
        try (Backend pool = pool(2)) {
            List<Long> before = pids(pool, 2);
            pool.process().signal("HUP");
            await().until(() -> pids(pool, 2).stream().noneMatch(before::contains));
            await().until(() -> pool.status("/health/ready?all") == 200);
        }
    }

    @Test
    void aBrokenConfigurationStopsTheRollBeforeAnyoneLeaves() throws IOException {
        Files.writeString(directory.resolve("backend.yaml"), "limits: {body-size: 1m}\n");
        try (Backend pool = pool(2)) {
            List<Long> before = pids(pool, 2);
            Files.writeString(directory.resolve("backend.yaml"), "limits: {body-size: huge}\n");
            assertThat(command(pool, "restart").exit()).isEqualTo(78);
            rollOverHttp(pool);
            await().until(() -> !restart(pool).get("running").asBoolean());
            assertThat(pids(pool, 2)).isEqualTo(before);
            assertThat(restart(pool).get("error").asString())
                    .contains("backend.yaml:1: limits.body-size: was huge");
            Files.writeString(directory.resolve("backend.yaml"), "limits: {body-size: 1k}\n");
            pool.process().signal("HUP");
            await().until(() -> pids(pool, 2).stream().noneMatch(before::contains));
        }
    }

    @Test
    void aBrokenNewJarStopsTheRollAndThePoolSurvivesItsOwnJarOverwritten() throws IOException {
        Path jar = Files.copy(Backend.jar(), directory.resolve("backend.jar"));
        try (Backend pool = Backend.start(directory, 2, jar, "--processes")) {
            List<Long> before = pids(pool, 2);
            Files.write(jar, new byte[(int) Files.size(jar)]);
            rollOverHttp(pool);
            await().until(() -> !restart(pool).get("running").asBoolean());
            assertThat(restart(pool).get("error").asString()).contains("Nothing was restarted");
            assertThat(pids(pool, 2)).isEqualTo(before);
            ProcessHandle.of(before.get(0)).orElseThrow().destroyForcibly();
            awaitRestarts(pool, 1, 1);
            Files.copy(Backend.jar(), jar, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
            List<Long> between = pids(pool, 2);
            assertThat(command(pool, "restart").exit()).isZero();
            assertThat(pids(pool, 2)).doesNotContainAnyElementsOf(between);
            assertThat(terminate(pool)).isEqualTo(143);
        }
    }

    @Test
    void aMemberThatDoesNotComeUpInARollRunsAgainAsItWas() throws IOException {
        Path log = directory.resolve("access-m1.log");
        try (Backend pool = pool(2, "--access-log-file=access.log")) {
            List<Long> before = pids(pool, 2);
            // What only a start finds out.
            Files.delete(log);
            Files.createDirectory(log);
            rollOverHttp(pool);
            await().until(() -> !restart(pool).get("running").asBoolean());
            assertThat(restart(pool).get("error").asString())
                    .contains("m1 did not come up: ", "access-m1.log");
            Files.delete(log);
            await().until(() -> pool.status("/health/ready?all") == 200);
            assertThat(pids(pool, 2).get(1)).isEqualTo(before.get(1));
        }
    }

    @Test
    void anAjpSecretThatCanNotBeUsedStopsARollBeforeItBegins() throws IOException {
        Path secret = Files.writeString(directory.resolve("secret"), "0123456789abcdef\n");
        Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rw-------"));
        try (Backend pool = pool(2, "--ajp-secret-file=secret")) {
            List<Long> before = pids(pool, 2);
            Files.writeString(secret, "short\n");
            rollOverHttp(pool);
            await().until(() -> !restart(pool).get("running").asBoolean());
            assertThat(restart(pool).get("error").asString())
                    .contains("pool.ajp-secret-file: ", "Nothing was restarted");
            assertThat(pids(pool, 2)).isEqualTo(before);
        }
    }

    @Test
    void anEditedAdminTokenReachesNoMember() throws IOException {
        Path token = Files.writeString(directory.resolve("token"), "0123456789abcdef\n");
        Files.setPosixFilePermissions(token, PosixFilePermissions.fromString("rw-------"));
        Files.writeString(directory.resolve("backend.yaml"), "admin: {token-file: token}\n");
        try (Backend pool = pool(2)) {
            Files.writeString(token, "short\n");
            ProcessHandle.of(pids(pool, 2).get(0)).orElseThrow().destroyForcibly();
            awaitRestarts(pool, 1, 1);
            await().until(() -> pool.status("/health/ready?all") == 200);
            assertThat(pool.control("/scale?members=2").statusCode()).isEqualTo(401);
            assertThat(pool.control("/scale?members=2", "0123456789abcdef").statusCode())
                    .isEqualTo(202);
            // A member's own listener changes nothing.
            for (String change : List.of("/scale?members=1", "/queue/retry?all=1")) {
                HttpResponse<String> answer = pool.control(pool.adminPort() + 1, change);
                assertThat(answer.statusCode()).isEqualTo(409);
                assertThat(answer.body()).contains("the admin listener of one member");
            }
        }
    }

    @Test
    void termInTheMiddleOfARollEndsEverything() {
        try (Backend pool = pool(3)) {
            rollOverHttp(pool);
            pool.process().awaitLog("m2 - finishes its requests");
            assertThat(terminate(pool)).isEqualTo(143);
            assertThat(portsHeld(pool, 3)).isEmpty();
        }
    }

    @Test
    void membersComeAndGo() {
        try (Backend pool = pool(3)) {
            command(pool, "scale", "1");
            await().until(() -> pids(pool).size() == 1);
            pool.process().signal("TTIN");
            await().until(() -> pids(pool).size() == 2);
            await().until(() -> pool.status("/health/ready?all") == 200);
            assertThat(pool.get(2, "/").statusCode()).isEqualTo(200);
            pool.process().signal("TTOU");
            await().until(() -> pids(pool).size() == 1);
            assertThat(Ports.isOpen(pool.httpPort(2))).isFalse();
        }
    }

    @Test
    void aRequestLongerThanTheDrainTimeoutIsCutLoggedAndCounted() {
        try (Backend pool = pool(2, "--drain-timeout=1s")) {
            var slow = CompletableFuture.supplyAsync(() -> pool.get(1, "/sleep?for=60s"));
            await().until(() -> inFlight(pool, 1) == 1);
            assertThat(command(pool, "restart", "m1").exit()).isZero();
            assertThat(slow).failsWithin(PATIENCE);
            pool.process().awaitLog("m1 - cut 1 requests that took longer than");
            assertThat(pool.admin("/metrics").body())
                    .contains("backpool_requests_cut_total{member=\"m1\"} 1.0")
                    .contains("backpool_requests_cut_total{member=\"m2\"} 0.0");
        }
    }

    @Test
    void aMemberIsRenewedAfterItsRequestsAndNotForHealthChecks() {
        try (Backend pool = pool(2, "--max-requests=50")) {
            long first = pids(pool, 2).get(0);
            for (int i = 0; i < 60; i++) {
                assertThat(pool.get(1, "/health/ready").statusCode()).isEqualTo(200);
                assertThat(pool.get(2, "/health/live").statusCode()).isEqualTo(200);
            }
            for (int i = 0; i < 60; i++) {
                assertThat(pool.get(1, "/").statusCode()).isEqualTo(200);
            }
            await().until(() -> pids(pool, 2).get(0) != first);
            await().until(() -> pool.status("/health/ready?all") == 200);
            assertThat(pool.admin("/metrics").body())
                    .contains(
                            "backpool_process_restarts_total{member=\"m1\",reason=\"max-requests\"}"
                                    + " 1.0",
                            "backpool_process_restarts_total{member=\"m2\",reason=\"max-requests\"}"
                                    + " 0.0");
        }
    }

    private Backend pool(int members, String... flags) {
        return Backend.start(directory, members, processes(flags));
    }

    private static String[] processes(String... flags) {
        List<String> all = new ArrayList<>(List.of(flags));
        all.add("--processes");
        return all.toArray(String[]::new);
    }

    private Command command(Backend pool, String... arguments) {
        List<String> command = Backend.command(arguments);
        command.add("--admin-port=" + pool.adminPort());
        return Command.run(directory, command);
    }

    private static void rollOverHttp(Backend pool) {
        assertThat(pool.control("/restart").statusCode()).isEqualTo(202);
    }

    private static JsonNode restart(Backend pool) {
        return json(pool.admin("/restart").body());
    }

    private static JsonNode json(String text) {
        return new JsonMapper().readTree(text);
    }

    private static List<Long> pids(Backend pool) {
        return json(pool.admin("/status.json").body())
                .get("members")
                .valueStream()
                .map(member -> member.get("pid").asLong())
                .toList();
    }

    private static List<Long> pids(Backend pool, int expected) {
        List<Long> pids = pids(pool);
        assertThat(pids).hasSize(expected);
        return pids;
    }

    private static void awaitRestarts(Backend pool, int index, int restarts) {
        await().until(
                        () -> {
                            JsonNode member =
                                    json(pool.admin("/status.json").body())
                                            .get("members")
                                            .get(index - 1);
                            return member.get("restarts").asInt() == restarts
                                    && member.get("ready").asBoolean();
                        });
    }

    private static boolean isEchoed(byte[] answer) {
        return RawSocket.text(answer).endsWith("half!");
    }

    private static int inFlight(Backend pool, int index) {
        return json(pool.admin("/status.json").body())
                .at("/members/%d/inFlight".formatted(index - 1))
                .asInt();
    }

    private static int terminate(Backend pool) {
        pool.process().signal("TERM");
        return pool.process().awaitExit();
    }

    private static List<Integer> portsHeld(Backend pool, int members) {
        return IntStream.rangeClosed(1, members)
                .flatMap(
                        index ->
                                IntStream.of(
                                        pool.httpPort(index),
                                        pool.ajpPort(index),
                                        pool.adminPort() + index))
                .filter(Ports::isOpen)
                .boxed()
                .toList();
    }
}
