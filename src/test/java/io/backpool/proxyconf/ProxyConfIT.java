package io.backpool.proxyconf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.backpool.testkit.Ports;
import io.backpool.testkit.ServerProcess;
import io.backpool.testkit.WebSocketMessages;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** Ten real members behind every front end that {@code conf} prints a configuration for. */
class ProxyConfIT {
    private static final int MEMBERS = 10;
    private static final int REQUESTS = 2000;

    @TempDir static Path directory;
    private static ServerProcess pool;
    private static Fronts fronts;

    @BeforeAll
    static void start() throws Exception {
        Path secret = secret(directory);
        int port = Ports.free(TestPool.ports(MEMBERS));
        pool = TestPool.start(directory, port, MEMBERS, secret);
        fronts =
                Fronts.start(
                        directory,
                        "--members=" + MEMBERS,
                        "--http-port=" + port,
                        "--ajp-port=" + (port + MEMBERS),
                        "--ajp-secret-file=" + secret);
        Fronts.ALL.forEach(
                front ->
                        await().atMost(30, TimeUnit.SECONDS)
                                .until(
                                        () ->
                                                Client.get(fronts.url(front, "/")).statusCode()
                                                        == 200));
    }

    @AfterAll
    static void stop() throws Exception {
        fronts.close();
        pool.close();
    }

    static Stream<String> fronts() {
        return Fronts.ALL.stream();
    }

    static Path secret(Path directory) throws Exception {
        Path secret = directory.resolve("ajp-secret");
        Files.createFile(
                secret,
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        return Files.writeString(secret, "a-secret-of-the-tests-own");
    }

    @ParameterizedTest
    @MethodSource("fronts")
    void everyMemberTakesItsShare(String front) {
        Map<String, AtomicInteger> answers = new ConcurrentHashMap<>();

        IntStream.range(0, REQUESTS)
                .parallel()
                .mapToObj(i -> Client.whoami(fronts.url(front, "/" + i)))
                .forEach(
                        seen ->
                                answers.computeIfAbsent(
                                                seen.get("route").asString(),
                                                route -> new AtomicInteger())
                                        .incrementAndGet());

        assertThat(answers).hasSize(MEMBERS);
        assertThat(answers.values())
                .allSatisfy(
                        count ->
                                assertThat(count.get())
                                        .isBetween(REQUESTS / MEMBERS / 2, REQUESTS / MEMBERS * 2));
    }

    @ParameterizedTest
    @MethodSource("fronts")
    void speaksItsProtocol(String front) {
        assertThat(Client.whoami(fronts.url(front, "/")).get("protocol").asString())
                .isEqualTo(
                        Map.of("ajp", "AJP/1.3", "h2c", "HTTP/2.0")
                                .getOrDefault(front, "HTTP/1.1"));
    }

    @ParameterizedTest
    @MethodSource("fronts")
    void whatAClientClaimsToBeDoesNotComeThrough(String front) {
        JsonNode seen =
                Client.whoami(
                        fronts.url(front, "/"),
                        Stream.of(
                                        "Forwarded",
                                        "X-Forwarded-For",
                                        "X-Forwarded-Host",
                                        "X-Forwarded-Server",
                                        "X-Forwarded-Port",
                                        "X-Forwarded-Proto",
                                        "X-Request-ID",
                                        "SSL_CLIENT_CERT",
                                        "SSL_CIPHER",
                                        "SSL_PROTOCOL",
                                        "SSL_SESSION_ID",
                                        "SSL_CIPHER_USEKEYSIZE")
                                .flatMap(name -> Stream.of(name, "forged"))
                                .toArray(String[]::new));

        assertThat(seen.toString()).doesNotContain("forged");
        JsonNode headers = seen.get("headers");
        assertThat(seen.get("scheme").asString()).isEqualTo("http");
        assertThat(headers.get("x-request-id").get(0).asString()).hasSizeGreaterThan(15);
        assertThat(seen.get("host").asString()).isEqualTo("127.0.0.1:" + fronts.port(front));
        if (front.equals("ajp")) {
            // AJP itself says who the client is; the pool removes what only HTTP needs.
            assertThat(headers.get("x-forwarded-proto")).isNull();
            assertThat(seen.get("client").asString()).isEqualTo("127.0.0.1");
        } else {
            assertThat(headers.get("x-forwarded-proto").get(0).asString()).isEqualTo("http");
            assertThat(headers.get("x-forwarded-for").toString()).isEqualTo("[\"127.0.0.1\"]");
        }
    }

    @ParameterizedTest
    @MethodSource("fronts")
    void aClientCannotHaveHeadersRemovedByNamingThemInConnection(String front) throws Exception {
        String answer =
                Client.raw(
                        fronts.port(front),
                        "GET / HTTP/1.1\r\nHost: here\r\nConnection: close, X-Forwarded-Proto,"
                                + " x-request-id, X-Forwarded-For\r\n\r\n");

        assertThat(answer).contains("x-request-id");
        if (!front.equals("ajp")) {
            assertThat(answer).contains("x-forwarded-proto");
        }
    }

    @ParameterizedTest
    @MethodSource("fronts")
    void largeHeadersComeThroughBothWays(String front) {
        // Undertow's HTTP/2 takes and gives heads of one frame only.
        int size = front.equals("h2c") ? 15_000 : 60_000;
        var answer = Client.get(fronts.url(front, "/headers/" + size));
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("X-Fill").orElseThrow()).hasSize(size);

        String fill = "y".repeat(size);
        JsonNode seen = Client.whoami(fronts.url(front, "/"), "X-Large", fill);
        assertThat(seen.get("headers").get("x-large").get(0).asString()).isEqualTo(fill);
    }

    @ParameterizedTest
    @MethodSource("fronts")
    void theLengthOfAnAnswerIsKept(String front) {
        assertThat(
                        Client.get(fronts.url(front, "/headers/1"))
                                .headers()
                                .firstValue("Content-Length"))
                .contains("6");
    }

    @ParameterizedTest
    @MethodSource("fronts")
    void aSessionStaysWithItsMember(String front) {
        for (int k = 1; k <= MEMBERS; k++) {
            for (int i = 0; i < 5; i++) {
                assertThat(
                                Client.whoami(
                                                fronts.url(front, "/"),
                                                "Cookie",
                                                "a=b; JSESSIONID=abc-123_.m" + k)
                                        .get("route")
                                        .asString())
                        .isEqualTo("m" + k);
                assertThat(
                                Client.whoami(
                                                fronts.url(
                                                        front, "/cart;jsessionid=abc.m" + k + "?q"))
                                        .get("route")
                                        .asString())
                        .isEqualTo("m" + k);
            }
        }
        assertThat(Client.get(fronts.url(front, "/"), "Cookie", "JSESSIONID=abc.m99").statusCode())
                .isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(strings = {"http", "nginx", "haproxy"})
    void webSocketsAreCarried(String front) throws Exception {
        URI uri = URI.create("ws://127.0.0.1:" + fronts.port(front) + "/ws");
        assertThat(WebSocketMessages.echo(Client.http(), uri, "héllo")).isEqualTo("héllo");
    }

    @Test
    void theManagerAnswersOnLoopbackUnderItsOwnNameOnly() throws Exception {
        String manager = "http://127.0.0.1:" + fronts.managerPort();

        assertThat(Client.get(manager + "/balancer-manager").body())
                .contains("balancer://app</a>", "balancer://app-ajp</a>", "balancer://app-h2c</a>");
        assertThat(Client.get(manager + "/server-status?auto").body()).contains("BusyWorkers");
        assertThat(
                        Client.raw(
                                fronts.managerPort(),
                                "GET /balancer-manager HTTP/1.0\r\nHost: evil.example\r\n\r\n"))
                .startsWith("HTTP/1.1 403");
        assertThat(Client.whoami(fronts.url("http", "/balancer-manager")).get("route")).isNotNull();
    }

    @Test
    void theSecretIsInNoPrintedFile() throws Exception {
        for (String front : Fronts.ALL) {
            assertThat(Files.readString(directory.resolve(front + ".conf")))
                    .doesNotContain("a-secret-of-the-tests-own");
        }
    }
}
