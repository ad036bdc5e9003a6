package io.backpool.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import io.backpool.testkit.AjpPacket;
import io.backpool.testkit.H2Client;
import io.backpool.testkit.LogLines;
import io.backpool.testkit.Protocol;
import io.backpool.testkit.RawAnswer;
import io.backpool.testkit.RawSocket;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.Headers;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/** Handlers and clients that take too long, the same over each protocol. */
class TimeLimitsIT {
    /** Shared, and not copied at each write: a busy event loop would be late for its limits. */
    private static final ByteBuffer MUCH = ByteBuffer.allocateDirect(50_000_000);

    private static final AtomicInteger INTERRUPTED = new AtomicInteger();
    private static TestMember member;

    @BeforeAll
    static void open() {
        member =
                TestMember.openWith(
                        Map.of(
                                "LIMITS_CONCURRENCY", "8",
                                "LIMITS_HEADER_TIMEOUT", "2s",
                                "LIMITS_BODY_TIMEOUT", "2s",
                                "LIMITS_REQUEST_TIMEOUT", "1s",
                                "LIMITS_WRITE_TIMEOUT", "1s"),
                        TimeLimitsIT::application);
    }

    @AfterAll
    static void close() {
        member.close();
    }

    @AfterEach
    void everythingIsFree() {
        await().atMost(Duration.ofSeconds(30))
                .untilAsserted(
                        () -> {
                            assertThat(member.server().inFlight().count()).isZero();
                            assertThat(member.server().endStats().stuck()).isZero();
                            assertThat(member.resources().threads().busy()).isZero();
                        });
        for (Protocol protocol : Protocol.values()) {
            assertThat(send(protocol, "GET", "/fine", null).body()).isEqualTo("fine");
        }
    }

    private static HttpHandler application(ServerResources resources) {
        HttpHandler blocking = resources.blocking().wrap(TimeLimitsIT::block);
        HttpHandler interruptible = resources.blocking().wrap(TimeLimitsIT::block, true);
        return exchange -> {
            switch (exchange.getRelativePath()) {
                case "/never" -> exchange.dispatch((Runnable) () -> {});
                case "/begun-never" -> {
                    exchange.dispatch((Runnable) () -> {});
                    exchange.getResponseChannel().write(ByteBuffer.wrap(new byte[10]));
                }
                case "/many-event" -> exchange.getResponseSender().send(MUCH.duplicate());
                case "/receive-event" -> receive(exchange);
                case "/listener-throws" -> {
                    exchange.addExchangeCompleteListener(
                            (complete, next) -> {
                                throw new StackOverflowError("in a completion listener");
                            });
                    exchange.getResponseSender().send("fine");
                }
                case "/listener-forgets" -> {
                    exchange.addExchangeCompleteListener((complete, next) -> {});
                    exchange.getResponseSender().send("fine");
                }
                case "/interruptible" -> interruptible.handleRequest(exchange);
                default -> blocking.handleRequest(exchange);
            }
        };
    }

    private static void block(HttpServerExchange exchange) throws Exception {
        switch (exchange.getRelativePath()) {
            case "/stuck" -> {
                Thread.sleep(4000);
                exchange.getResponseHeaders().put(Headers.ETAG, "late");
                exchange.getOutputStream().write(new byte[100_000]);
            }
            case "/interruptible" -> {
                try {
                    Thread.sleep(20_000);
                } catch (InterruptedException e) {
                    INTERRUPTED.incrementAndGet();
                    Thread.currentThread().interrupt();
                    throw e;
                }
            }
            case "/slow" -> {
                OutputStream out = exchange.getOutputStream();
                for (int i = 0; i < 10; i++) {
                    Thread.sleep(250);
                    out.write(new byte[10]);
                    out.flush();
                }
            }
            case "/listener-throws-blocking" -> {
                exchange.addExchangeCompleteListener(
                        (complete, next) -> {
                            throw new IllegalStateException("in a completion listener");
                        });
                exchange.getOutputStream().write(new byte[10]);
            }
            case "/many" -> exchange.getOutputStream().write(new byte[50_000_000]);
            case "/receive" -> receive(exchange);
            case "/read" ->
                    exchange.getResponseSender()
                            .send("read " + exchange.getInputStream().readAllBytes().length);
            default -> {
                assertThat(Thread.currentThread().isInterrupted()).isFalse();
                exchange.getResponseSender().send("fine");
            }
        }
    }

    private static void receive(HttpServerExchange exchange) {
        exchange.getRequestReceiver()
                .receiveFullBytes(
                        (received, bytes) ->
                                received.getResponseSender().send("read " + bytes.length));
    }

    private static RawAnswer send(
            Protocol protocol, String method, String path, @Nullable Object body) {
        return member.send(protocol, method, path, body);
    }

    @ParameterizedTest
    @CsvSource({
        "HTTP,/never",
        "HTTP,/stuck",
        "AJP,/never",
        "AJP,/stuck",
        "H2C,/never",
        "H2C,/stuck"
    })
    void aRequestThatIsNotAnsweredInTimeIs503(Protocol protocol, String path) {
        long before = member.server().endStats().timeouts();
        try (var log = LogLines.of(LiveRequest.class)) {
            for (Object body : new Object[] {null, new byte[1000]}) {
                RawAnswer answer = send(protocol, body == null ? "GET" : "POST", path, body);
                assertThat(answer.status()).as(answer.toString()).isEqualTo(503);
                assertThat(answer.header("Content-Type")).isEqualTo("application/problem+json");
                assertThat(answer.header("ETag")).isEmpty();
                assertThat(answer.body()).contains("no answer within 1 s");
                assertThat(answer.whole()).isTrue();
            }
            await().atMost(Duration.ofSeconds(10))
                    .until(() -> member.server().inFlight().count() == 0);
            if (path.equals("/stuck")) {
                assertThat(member.server().endStats().stuck()).isPositive();
            }
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> member.server().endStats().stuck() == 0);
            assertThat(log.events()).hasSize(2);
            for (ILoggingEvent event : log.events()) {
                assertThat(event.getFormattedMessage()).contains("answered 503");
                assertThat(event.getThrowableProxy() != null).isEqualTo(path.equals("/stuck"));
            }
        }
        assertThat(member.server().endStats().timeouts()).isEqualTo(before + 2);
    }

    @ParameterizedTest
    @EnumSource(Protocol.class)
    void aHandlerIsInterruptedIfItWantsTo(Protocol protocol) {
        int before = INTERRUPTED.get();

        assertThat(send(protocol, "GET", "/interruptible", null).status()).isEqualTo(503);

        await().atMost(Duration.ofSeconds(10)).until(() -> INTERRUPTED.get() == before + 1);
        for (int i = 0; i < 20; i++) {
            assertThat(send(protocol, "GET", "/fine", null).body()).isEqualTo("fine");
        }
    }

    /** Over h2c a client that goes is seen at once, and its handler may still never end. */
    @Test
    void aStuckHandlerOfAClientThatIsGoneHoldsNothingForLonger() {
        long before = member.server().endStats().timeouts();
        try (H2Client resets = H2Client.connect(member.httpPort());
                H2Client leaves = H2Client.connect(member.httpPort())) {
            resets.head(1, "GET", "/stuck", true);
            leaves.head(1, "GET", "/stuck", true);
            await().until(() -> member.resources().blocking().busy() == 2);
            resets.reset(1);
            leaves.close();
            await().until(() -> member.server().endStats().stuck() == 2);
            assertThat(member.server().endStats().timeouts()).isEqualTo(before + 2);
        }
    }

    @Test
    void anInterruptibleHandlerIsInterruptedWhenItsClientIsGone() {
        int before = INTERRUPTED.get();
        long timeouts = member.server().endStats().timeouts();
        try (H2Client client = H2Client.connect(member.httpPort())) {
            client.head(1, "GET", "/interruptible", true);
            await().until(() -> member.resources().blocking().busy() == 1);
            client.reset(1);
            await().until(() -> INTERRUPTED.get() == before + 1);
        }
        assertThat(member.server().endStats().timeouts()).isEqualTo(timeouts);
    }

    @ParameterizedTest
    @EnumSource(Protocol.class)
    void anAnswerThatDoesNotGoOnIsCutAndASlowOneIsNot(Protocol protocol) {
        RawAnswer cut = send(protocol, "GET", "/begun-never", null);
        assertThat(cut.whole()).as(cut.toString()).isFalse();

        RawAnswer slow = send(protocol, "GET", "/slow", null);
        assertThat(slow.status()).isEqualTo(200);
        assertThat(slow.bytes()).hasSize(100);
        assertThat(slow.whole()).isTrue();
    }

    @Test
    void aBodyThatComesSlowlyIsNoSilenceOfTheApplication() throws Exception {
        try (RawSocket socket = RawSocket.connect(member.httpPort())) {
            socket.send(
                    "POST /read HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
                            + "Content-Length: 10\r\n\r\n");
            for (int i = 0; i < 10; i++) {
                Thread.sleep(250);
                socket.send("x");
            }
            assertThat(socket.readToEnd()).endsWith("read 10");
        }
    }

    @ParameterizedTest
    @CsvSource({"/receive", "/receive-event", "/read"})
    void clientsThatNeverSendTheRestOfABodyFreeWhatTheyHold(String path) {
        List<RawSocket> clients = new ArrayList<>();
        try (H2Client h2c = H2Client.connect(member.httpPort())) {
            clients.add(
                    RawSocket.connect(member.httpPort())
                            .send("POST " + path + " HTTP/1.1\r\nHost: a\r\n")
                            .send("Content-Length: 1000\r\n\r\nabc"));
            clients.add(
                    RawSocket.connect(member.httpPort())
                            .send("POST " + path + " HTTP/1.1\r\nHost: a\r\n")
                            .send("Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"));
            clients.add(
                    RawSocket.connect(member.ajpPort())
                            .send(
                                    AjpPacket.forward(4, path, 1)
                                            .header(0xA008, "1000")
                                            .secret(TestMember.SECRET)
                                            .end())
                            .send(AjpPacket.body(new byte[3])));
            h2c.head(1, "POST", path, false).data(1, new byte[3], false);
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> member.server().inFlight().count() == 4);
            everythingIsFree();
        } finally {
            clients.forEach(TimeLimitsIT::close);
        }
    }

    @ParameterizedTest
    @CsvSource({"/many", "/many-event"})
    void clientsThatReadNothingFreeWhatTheyHold(String path) {
        long before = member.server().endStats().unread();
        List<AutoCloseable> clients = new ArrayList<>();
        clients.add(
                RawSocket.connect(member.httpPort())
                        .send("GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n"));
        clients.add(
                RawSocket.connect(member.ajpPort())
                        .send(AjpPacket.get(path, 0).secret(TestMember.SECRET).end()));
        clients.add(H2Client.connect(member.httpPort()).head(1, "GET", path, true));
        try {
            await().atMost(Duration.ofSeconds(60))
                    .untilAsserted(
                            () ->
                                    assertThat(member.server().endStats().unread() - before)
                                            .isEqualTo(3));
            everythingIsFree();
        } finally {
            clients.forEach(TimeLimitsIT::close);
        }
    }

    /** What reads the connection's next request would never be called. */
    @ParameterizedTest
    @ValueSource(strings = {"/listener-throws", "/listener-forgets", "/listener-throws-blocking"})
    void aCompletionListenerThatDoesNotCallTheNextOneEndsItsConnection(String path) {
        try (var log = LogLines.of(LiveRequest.class)) {
            for (Protocol protocol : Protocol.values()) {
                assertThat(send(protocol, "GET", path, null).whole()).isTrue();
            }
            String received =
                    RawSocket.exchange(
                            member.httpPort(), "GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n");
            assertThat(received).startsWith("HTTP/1.1 200 ");
            everythingIsFree();
            assertThat(log.lines())
                    .hasSize(4)
                    .allMatch(line -> line.contains("completion listener of the application's"));
        }
    }

    /** An appender stands for whatever fails there. */
    @Test
    void anErrorWhileOneRequestIsLookedAtIsNotTheEndOfTimeLimits() {
        var logger = (Logger) LoggerFactory.getLogger(LiveRequest.class);
        var failures = new AtomicInteger();
        var fails =
                new AppenderBase<ILoggingEvent>() {
                    @Override
                    protected void append(ILoggingEvent event) {
                        if (failures.getAndIncrement() == 0) {
                            throw new StackOverflowError("by hand");
                        }
                    }
                };
        fails.start();
        logger.addAppender(fails);
        try (RawSocket unlucky = RawSocket.connect(member.httpPort())) {
            unlucky.send("GET /never HTTP/1.1\r\nHost: a\r\n\r\n");
            await().until(() -> failures.get() == 1);
            assertThat(send(Protocol.HTTP, "GET", "/never", null).status()).isEqualTo(503);
            assertThat(unlucky.readToEnd()).startsWith("HTTP/1.1 503 ");
        } finally {
            logger.detachAppender(fails);
        }
    }

    /** Each is sent and then nothing: none is a request. */
    @Test
    void anH2cConnectionWithoutARequestIsClosed() {
        String preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
        String settings = "\0\0\0\4\0\0\0\0\0";
        List<RawSocket> clients = new ArrayList<>();
        for (String sent :
                List.of(
                        "PRI * HTTP/2.0\r\n\r\n",
                        preface.substring(0, 23),
                        preface,
                        preface + settings.substring(0, 5),
                        preface + settings,
                        preface + settings + "\0\0\40\1\5\0\0\0\1\u0082")) {
            clients.add(RawSocket.connect(member.httpPort()).send(sent));
        }
        for (RawSocket client : clients) {
            assertThat(client.readToEnd()).doesNotContain("fine");
            client.close();
        }
    }

    /** A client may make up such a method; httpd sends others' requests on the same connection. */
    @Test
    void aMethodThatBeginsAsThePrefaceDoesIsNoH2c() {
        try (RawSocket http = RawSocket.connect(member.httpPort());
                RawSocket late = RawSocket.connect(member.httpPort())) {
            http.send("PRI / HTTP/1.1\r\nHost: a\r\n\r\n");
            http.readUntil(all -> RawSocket.text(all).contains("\r\n\r\n"));
            late.send("PRI * HTTP/2.0\r\n\r\n").readToEnd();

            http.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
            assertThat(http.readToEnd().split("HTTP/1.1 ", -1)).hasSize(3);
        }
    }

    private static void close(AutoCloseable client) {
        try {
            client.close();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
