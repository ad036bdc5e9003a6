package io.backpool.proxyconf;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.backpool.config.BalancerConfig.Protocol;
import io.backpool.testkit.AppJar;
import io.backpool.testkit.Backend;
import io.backpool.testkit.Httpd;
import io.backpool.testkit.Ports;
import io.backpool.testkit.Protocol.Chunked;
import io.backpool.testkit.RawAnswer;
import io.backpool.testkit.RawSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** How requests end behind the real httpd, with the configuration as it is printed. */
@SuppressWarnings("NullAway.Init")
class EndingsThroughHttpdIT {
    private static final int LIMIT = 1_000_000;
    private static final String UPGRADE =
            "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                    + "Sec-WebSocket-Version: 13\r\n"
                    + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

    private static final Map<Protocol, Integer> PORTS = new HashMap<>();
    private static final List<Httpd> FRONTS = new ArrayList<>();
    private static Backend backend;

    @BeforeAll
    static void start(@TempDir Path directory) throws Exception {
        List<String> limits = List.of("--limits-request-timeout=3s", "--limits-body-size=" + LIMIT);
        backend = Backend.start(directory, 2, limits.toArray(String[]::new));
        for (Protocol protocol : Protocol.values()) {
            String name = protocol.name().toLowerCase(Locale.ROOT);
            int port = Ports.free(2);
            List<String> arguments =
                    new ArrayList<>(
                            List.of(
                                    "apache",
                                    "--standalone",
                                    "--protocol=" + name,
                                    "--listen=127.0.0.1:" + port,
                                    "--manager-port=" + (port + 1),
                                    "--dir=" + directory.resolve(name)));
            arguments.addAll(backend.settings());
            arguments.addAll(limits);
            Path conf = directory.resolve(name + ".conf");
            Files.writeString(conf, Fronts.conf(directory, arguments));
            FRONTS.add(Httpd.start(Files.createDirectories(directory.resolve(name)), conf, port));
            PORTS.put(protocol, port);
        }
    }

    @AfterAll
    static void stop() {
        FRONTS.forEach(Httpd::close);
        backend.close();
    }

    private static RawAnswer send(Protocol front, String method, String path, Object body) {
        int port = Objects.requireNonNull(PORTS.get(front));
        return io.backpool.testkit.Protocol.HTTP.send(
                port, "", method, path, body.equals("") ? null : body);
    }

    @ParameterizedTest
    @EnumSource(Protocol.class)
    void aBodyBeyondTheLimitIs413(Protocol front) {
        for (Object body : new Object[] {new byte[4 * LIMIT], new Chunked(new byte[4 * LIMIT])}) {
            for (int i = 0; i < 3; i++) {
                RawAnswer answer = send(front, "POST", "/echo", body);
                assertThat(answer.status()).as(answer.toString()).isEqualTo(413);
                assertThat(answer.body()).contains("longer than " + LIMIT + " bytes");
            }
        }
        assertNothingInFlight();
    }

    @ParameterizedTest
    @EnumSource(Protocol.class)
    void whatIsNotAnsweredInTimeIs503OfTheMembers(Protocol front) {
        RawAnswer answer = send(front, "GET", "/sleep?for=8s", "");

        assertThat(answer.status()).as(answer.toString()).isEqualTo(503);
        assertThat(answer.body()).contains("no answer within 3 s", "requestId");
        assertNothingInFlight();
        assertThat(backend.admin("/status.json").body()).containsPattern("\"timeouts\":[1-9]");
    }

    @ParameterizedTest
    @EnumSource(Protocol.class)
    void an417EndsLikeAnyOtherAnswer(Protocol front) {
        for (Object body : new Object[] {"", new byte[LIMIT / 2]}) {
            for (int i = 0; i < 3; i++) {
                RawAnswer answer = send(front, "GET", "/status/417", body);
                assertThat(answer.status()).as(answer.toString()).isEqualTo(417);
            }
        }
        assertNothingInFlight();
    }

    private static void assertNothingInFlight() {
        await().atMost(20, SECONDS)
                .untilAsserted(
                        () ->
                                assertThat(backend.admin("/metrics").body())
                                        .contains("http_server_active_requests{member=\"m1\"} 0.0")
                                        .contains(
                                                "http_server_active_requests{member=\"m2\"} 0.0"));
    }

    @Test
    void theAdminListenerAnswersBesideClientsThatReadNothing() {
        List<RawSocket> clients = new ArrayList<>();
        try {
            for (int i = 0; i < 4; i++) {
                clients.add(
                        RawSocket.connect(backend.adminPort())
                                .send("GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n".repeat(400)));
            }
            for (int i = 0; i < 10; i++) {
                assertThat(backend.admin("/metrics").statusCode()).isEqualTo(200);
                assertThat(backend.admin("/status.json").statusCode()).isEqualTo(200);
            }
        } finally {
            clients.forEach(RawSocket::close);
        }
    }

    @Test
    void openAnswersEndWhenTheirMemberIsDrained() {
        try (RawSocket events = RawSocket.connect(backend.httpPort(2));
                RawSocket webSocket = RawSocket.connect(backend.httpPort(2));
                RawSocket other = RawSocket.connect(backend.httpPort(1))) {
            for (RawSocket socket : List.of(events, other)) {
                socket.send("GET /events HTTP/1.1\r\nHost: a\r\n\r\n")
                        .readUntil(all -> RawSocket.text(all).contains("data:"));
            }
            webSocket.send(UPGRADE).readUntil(all -> RawSocket.text(all).endsWith("\r\n\r\n"));
            webSocket
                    .send("\u0081\u0082\0\0\0\0hi")
                    .readUntil(all -> RawSocket.text(all).endsWith("hi"));

            backend.control("/members/m2/drain");

            events.readUntil(all -> RawSocket.text(all).endsWith("\r\n0\r\n\r\n"));
            // RFC 6455, 5.2 and 7.4: a close frame, 1001
            webSocket.readUntil(all -> RawSocket.text(all).contains("\u0003\u00e9"));
            String soFar = other.received();
            other.readUntil(all -> all.length > soFar.length());
            assertThat(other.received()).doesNotContain("\r\n0\r\n\r\n");
            assertNothingInFlightOf("m2");
        } finally {
            backend.control("/members/m2/resume");
        }
    }

    private static void assertNothingInFlightOf(String member) {
        await().atMost(20, SECONDS)
                .until(
                        () ->
                                backend.admin("/metrics")
                                        .body()
                                        .contains(
                                                "http_server_active_requests{member=\"%s\"} 0.0"
                                                        .formatted(member)));
    }

    @Test
    void aDeadEventLoopEndsTheProcess(@TempDir Path own) throws Exception {
        Path jar =
                AppJar.make(
                        own,
                        "app.jar",
                        List.of("Deadly"),
                        """
                        public class Deadly implements io.backpool.app.Application {
                            public io.undertow.server.HttpHandler start(
                                    io.backpool.app.Services services) {
                                return exchange -> {
                                    if (exchange.getRelativePath().equals("/die")) {
                                        exchange.getIoThread().execute(() -> {
                                            throw new RuntimeException() {
                                                public String getMessage() {
                                                    throw new NoClassDefFoundError("x");
                                                }
                                                public String toString() {
                                                    throw new NoClassDefFoundError("x");
                                                }
                                            };
                                        });
                                    }
                                    exchange.getResponseSender().send("fine");
                                };
                            }
                        }
                        """);
        try (Backend dying = Backend.start(own, 1, "--app-jar=" + jar)) {
            RawSocket.connect(dying.httpPort(1)).send("GET /die HTTP/1.1\r\nHost: a\r\n\r\n");

            assertThat(dying.process().awaitExit()).isEqualTo(70);
            assertThat(dying.process().log())
                    .containsPattern("the event loop .* has died; this process ends");
        }
    }
}
