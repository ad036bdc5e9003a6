package io.backpool.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.backpool.testkit.AjpPacket;
import io.backpool.testkit.RawSocket;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a member refuses, and how it puts up with clients that dawdle. */
class LimitsIT {
    private static final int QUERY_STRING = 5;

    private static TestMember member;

    @BeforeAll
    static void open() {
        member =
                TestMember.openWith(
                        Map.of(
                                "LIMITS_HEADER_SIZE", "8k",
                                "LIMITS_BODY_SIZE", "1000",
                                "LIMITS_HEADER_TIMEOUT", "1s",
                                "LIMITS_BODY_TIMEOUT", "1s",
                                "LIMITS_IDLE_TIMEOUT", "4s",
                                "LIMITS_REQUEST_TIMEOUT", "1s"),
                        LimitsIT::application);
    }

    /**
     * {@code /block} reads the body in a thread, {@code /event} on the event loop, others never.
     */
    private static HttpHandler application(ServerResources resources) {
        HttpHandler blocking = resources.blocking().wrap(LimitsIT::readAll);
        return exchange -> {
            switch (exchange.getRelativePath()) {
                case "/block" -> blocking.handleRequest(exchange);
                case "/event" ->
                        exchange.getRequestReceiver()
                                .receiveFullBytes(
                                        (received, bytes) -> answer(received, bytes.length));
                default -> answer(exchange, 0);
            }
        };
    }

    private static void readAll(HttpServerExchange exchange) throws Exception {
        answer(exchange, exchange.getInputStream().readAllBytes().length);
    }

    private static void answer(HttpServerExchange exchange, int length) {
        exchange.getResponseSender().send("read " + length);
    }

    @AfterAll
    static void close() {
        member.close();
    }

    @AfterEach
    void theNextClientIsServedAndNothingIsLeft() {
        assertThat(RawSocket.exchange(member.httpPort(), get("/", ""))).endsWith("read 0");
        assertThat(ajp(AjpPacket.get("/", 0).secret(TestMember.SECRET).end()))
                .startsWith("200")
                .endsWith("read 0");
        await().atMost(Duration.ofSeconds(20)).until(() -> member.server().inFlight().count() == 0);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n",
                "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
                "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n"
                        + "0\r\n\r\n",
                "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\n",
                "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
                        + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n"
                        + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \r\n\r\n",
                "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
                        + "Content-Length: 5\r\n\r\n0\r\n\r\n",
                "POST /health/live HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: x\r\n\r\n",
                "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
                "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +3\r\n\r\nabc",
                "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -3\r\n\r\nabc",
                "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3, 3\r\n\r\nabc",
                "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x3\r\n\r\nabc",
                "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\nabc",
                "GET / HTTP/2.0\r\nHost: a\r\n\r\n",
                "GET / HTTP/0.9\r\nHost: a\r\n\r\n",
                "GET / http/1.1\r\nHost: a\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: a\r\nX : b\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: a\r\nX: b\u0000c\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: a\r\nX: a\rb: c\r\n\r\n",
                "\u0000\u0001\u0002\u0003\r\n\r\n",
                "GET  / HTTP/1.1\r\nHost: a\r\n\r\n"
            })
    void aFrontEndCouldReadThisDifferentlySoItIsRefusedAndTheConnectionClosed(String request) {
        String answer = RawSocket.exchange(member.httpPort(), request + get("/second", ""));

        assertThat(answer).matches("(?s)HTTP/\\d\\.\\d 400 .*").doesNotContain("200 OK", "read");
    }

    @Test
    void ourOwnRefusalIsAProblemDocumentWithTheRequestId() {
        String answer =
                RawSocket.exchange(
                        member.httpPort(),
                        "POST / HTTP/1.1\r\nHost: a\r\nX-Request-ID: r1\r\nTransfer-Encoding:"
                                + " x\r\n\r\n");

        assertThat(answer)
                .contains("Content-Type: application/problem+json\r\n")
                .contains("\"status\":400", "\"requestId\":\"r1\"");
    }

    @ParameterizedTest
    @ValueSource(strings = {"CONNECT", "TRACE"})
    void methodsThatHttpdKeepsToItselfAreNotAllowed(String method) {
        assertThat(RawSocket.exchange(member.httpPort(), method + " / HTTP/1.1\r\nHost: a\r\n\r\n"))
                .startsWith("HTTP/1.1 405 ")
                .contains("Allow: GET,");
    }

    @Test
    void aHeadThatIsTooLongIs431() {
        String answer =
                RawSocket.exchange(
                        member.httpPort(), get("/", "X-Long: " + "x".repeat(8192) + "\r\n"));

        assertThat(answer).startsWith("HTTP/1.1 431 ").contains("8192 bytes or 200 lines");
    }

    @Test
    void anAddressThatIsTooLongIs431() {
        assertThat(RawSocket.exchange(member.httpPort(), get("/" + "x".repeat(8192), "")))
                .startsWith("HTTP/1.1 431 ");
        assertThat(RawSocket.exchange(member.httpPort(), get("/?" + "x".repeat(8192), "")))
                .startsWith("HTTP/1.1 431 ");
    }

    @Test
    void tooManyHeadersAre431OverAjpToo() {
        var lines = new StringBuilder();
        AjpPacket request = AjpPacket.get("/", 201);
        for (int i = 0; i < 201; i++) {
            lines.append("X-").append(i).append(": y\r\n");
            request.header("X-" + i, "y");
        }
        assertThat(RawSocket.exchange(member.httpPort(), get("/", lines.toString())))
                .startsWith("HTTP/1.1 431 ");
        assertThat(ajp(request.secret(TestMember.SECRET).end())).startsWith("431");
    }

    @Test
    void aHeadBeyondTwiceTheLimitIs400() {
        assertThat(
                        RawSocket.exchange(
                                member.httpPort(), get("/", "X: " + "x".repeat(20_000) + "\r\n")))
                .startsWith("HTTP/1.1 400 ");
        assertThat(RawSocket.exchange(member.httpPort(), get("/", "X: y\r\n".repeat(500))))
                .startsWith("HTTP/1.1 400 ");
    }

    @Test
    void asManyParametersAsTheHeadHolds() {
        String query = "a&".repeat(3000) + "a";
        assertThat(RawSocket.exchange(member.httpPort(), get("/?" + query, ""))).endsWith("read 0");
        assertThat(
                        ajp(
                                AjpPacket.get("/", 0)
                                        .attribute(QUERY_STRING, query)
                                        .secret(TestMember.SECRET)
                                        .end()))
                .startsWith("200");
    }

    @Test
    void anAddressOfAnotherHostThanHostsIsRefused() {
        for (String uri : List.of("http://a/", "http://a", "http://a/x?y")) {
            assertThat(RawSocket.exchange(member.httpPort(), get(uri, ""))).endsWith("read 0");
        }
        for (String uri : List.of("http://b/", "http://a:81/", "http://aa/", "http://a.b/")) {
            assertThat(RawSocket.exchange(member.httpPort(), get(uri, "")))
                    .startsWith("HTTP/1.1 400 ")
                    .doesNotContain("read");
        }
    }

    @Test
    void aHeaderWithoutANameIsRefusedOverAjp() {
        assertThat(ajp(AjpPacket.get("/", 1).header("", "x").secret(TestMember.SECRET).end()))
                .startsWith("400")
                .contains("a header's name must be a token");
    }

    /** Undertow's parser keeps them to itself: a peer that sends the right one is trusted. */
    @Test
    void ofTwoAjpSecretsOneMustBeRight() {
        assertThat(ajp(AjpPacket.get("/", 0).secret("wrong").secret(TestMember.SECRET).end()))
                .startsWith("200");
        assertThat(ajp(AjpPacket.get("/", 0).secret(TestMember.SECRET).secret("wrong").end()))
                .startsWith("200");
        assertThat(ajp(AjpPacket.get("/", 0).secret("wrong").secret("wrong").end())).isEmpty();
    }

    @Test
    void manyCookiesAreNoError() {
        assertThat(
                        RawSocket.exchange(
                                member.httpPort(),
                                get("/", "Cookie: " + "a=b; ".repeat(1500) + "\r\n")))
                .startsWith("HTTP/1.1 200 ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/block", "/event", "/unread"})
    void aBodyThatIsAnnouncedTooLongIs413BeforeItIsRead(String path) {
        String answer =
                RawSocket.exchange(
                        member.httpPort(),
                        "POST " + path + " HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n");

        assertThat(answer).startsWith("HTTP/1.1 413 ").contains("longer than 1000 bytes");
        assertThat(
                        ajp(
                                AjpPacket.post(path, 1)
                                        .header(0xA008, "1001")
                                        .secret(TestMember.SECRET)
                                        .end()))
                .startsWith("413")
                .contains("longer than 1000 bytes");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/block", "/event"})
    void aChunkedBodyThatTurnsOutTooLongIsCutOff(String path) {
        String answer =
                RawSocket.exchange(
                        member.httpPort(),
                        "POST "
                                + path
                                + " HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                                + ("64\r\n" + "x".repeat(100) + "\r\n").repeat(11)
                                + "0\r\n\r\n");

        assertThat(answer).doesNotContain("200 OK", "read");
    }

    @Test
    void aBodyWithinTheLimitIsRead() {
        for (String path : List.of("/block", "/event")) {
            assertThat(
                            RawSocket.exchange(
                                    member.httpPort(),
                                    "POST "
                                            + path
                                            + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
                                            + "Content-Length: 1000\r\n\r\n"
                                            + "x".repeat(1000)))
                    .endsWith("read 1000");
        }
    }

    @Test
    void moreConnectionsThanThatWaitToBeAcceptedAndAreServedThen() {
        long most = 0;
        try (var narrow =
                TestMember.open(
                        Map.of("LIMITS_CONNECTIONS", "4"),
                        exchange -> exchange.getResponseSender().send("read 0"))) {
            List<RawSocket> clients = new ArrayList<>();
            try {
                for (int i = 0; i < 40; i++) {
                    String keptOpen = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
                    clients.add(RawSocket.connect(narrow.httpPort()).send(keptOpen));
                }
                for (RawSocket client : clients) {
                    client.readUntil(all -> RawSocket.text(all).endsWith("read 0"));
                    most = Math.max(most, narrow.server().httpStats().connections());
                    client.close();
                }
            } finally {
                clients.forEach(RawSocket::close);
            }
        }
        // One that was closed may be counted a moment longer than its place is taken.
        assertThat(most).isBetween(1L, 8L);
    }

    /** Every one of them is cut off; the others are served meanwhile. */
    @ParameterizedTest
    @ValueSource(strings = {"/block", "/event", "/unread"})
    void twoHundredBodiesThatFallSilent(String path) {
        dawdle(
                ("POST " + path + " HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf")
                        .getBytes(StandardCharsets.ISO_8859_1),
                AjpPacket.post(path, 1)
                        .header(0xA008, "100")
                        .secret(TestMember.SECRET)
                        .bytes(new byte[] {(byte) 0xFF})
                        .packet());
    }

    @Test
    void twoHundredHeadsThatFallSilent() {
        dawdle(
                "GET / HTTP/1.1\r\nHo".getBytes(StandardCharsets.ISO_8859_1),
                new byte[] {0x12, 0x34, 0, 99, 2, 2, 0, 8, 'H'});
    }

    @Test
    void twoHundredConnectionsThatSayNothing() {
        dawdle(new byte[0], new byte[0]);
    }

    @Test
    void twoHundredConnectionsThatSayNothingMore() {
        dawdle(
                "GET / HTTP/1.1\r\nHost: a\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1),
                AjpPacket.get("/", 0).secret(TestMember.SECRET).end());
        dawdle("GET ".getBytes(StandardCharsets.ISO_8859_1), AjpPacket.ping());
    }

    /** 200 of each protocol at the same time, none of which goes on. */
    private static void dawdle(byte[] http, byte[] ajp) {
        List<RawSocket> clients = new ArrayList<>();
        try {
            for (int i = 0; i < 200; i++) {
                clients.add(RawSocket.connect(member.httpPort()).send(http));
                clients.add(RawSocket.connect(member.ajpPort()).send(ajp));
            }
            assertThat(RawSocket.exchange(member.httpPort(), get("/", ""))).endsWith("read 0");
            clients.forEach(RawSocket::readToEnd);
        } finally {
            clients.forEach(RawSocket::close);
        }
    }

    private static String ajp(byte[] request) {
        try (RawSocket socket = RawSocket.connect(member.ajpPort())) {
            return AjpPacket.answer(socket.send(request).readUntil(AjpPacket::isWhole));
        }
    }

    private static String get(String uri, String headers) {
        return "GET " + uri + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" + headers + "\r\n";
    }
}
