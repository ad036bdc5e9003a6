package io.backpool.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.backpool.testkit.AjpPacket;
import io.backpool.testkit.H2Client;
import io.backpool.testkit.Protocol;
import io.backpool.testkit.Protocol.Chunked;
import io.backpool.testkit.RawAnswer;
import io.backpool.testkit.RawSocket;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.handlers.CookieImpl;
import io.undertow.server.protocol.http.HttpAttachments;
import io.undertow.util.HeaderMap;
import io.undertow.util.Headers;
import io.undertow.util.HttpString;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How requests end when something goes wrong, the same over each protocol. */
class EndingsIT {
    private static final int LIMIT = 100_000;
    private static final byte[] TEN = ascii("0123456789");

    private static TestMember member;

    @BeforeAll
    static void open() {
        member =
                TestMember.openWith(
                        Map.of(
                                "LIMITS_BODY_SIZE", Integer.toString(LIMIT),
                                "LIMITS_HEADER_TIMEOUT", "2s",
                                "LIMITS_BODY_TIMEOUT", "2s"),
                        EndingsIT::application);
    }

    @AfterAll
    static void close() {
        member.close();
    }

    @AfterEach
    void nothingIsLeft() {
        await().atMost(Duration.ofSeconds(20)).until(() -> member.server().inFlight().count() == 0);
        for (Protocol protocol : Protocol.values()) {
            assertThat(send(protocol, "GET", "/", null).body()).isEqualTo("fine");
        }
    }

    private static HttpHandler application(ServerResources resources) {
        HttpHandler blocking = resources.blocking().wrap(EndingsIT::block);
        return exchange -> {
            switch (exchange.getRelativePath()) {
                case "/begun-event" -> {
                    exchange.getResponseChannel().write(ByteBuffer.wrap(TEN));
                    throw new IllegalStateException("after the answer has begun");
                }
                case "/length-event" -> {
                    exchange.setResponseContentLength(100);
                    exchange.getResponseChannel().write(ByteBuffer.wrap(TEN));
                }
                case "/event" ->
                        exchange.getRequestReceiver()
                                .receiveFullBytes(
                                        (received, bytes) -> answer(received, bytes.length),
                                        (received, e) -> received.setStatusCode(500).endExchange());
                case "/inject-event" ->
                        respond(exchange, new HttpString("X-Bad"), value(exchange), "Hello");
                case "/never" -> exchange.dispatch((Runnable) () -> {});
                case "/denied" -> exchange.setStatusCode(403).endExchange();
                case "/" -> exchange.getResponseSender().send("fine");
                default -> blocking.handleRequest(exchange);
            }
        };
    }

    private static void block(HttpServerExchange exchange) throws Exception {
        switch (exchange.getRelativePath()) {
            case "/begun" -> {
                exchange.getOutputStream().write(new byte[200_000]);
                throw new IllegalStateException("after the answer has begun");
            }
            case "/begun-error" -> {
                exchange.getOutputStream().write(TEN);
                exchange.getOutputStream().flush();
                throw new StackOverflowError("after the answer has begun");
            }
            case "/partial" -> {
                exchange.getResponseHeaders()
                        .put(Headers.CONTENT_TYPE, "application/zip")
                        .put(Headers.CONTENT_ENCODING, "gzip")
                        .put(Headers.CONTENT_DISPOSITION, "attachment")
                        .put(Headers.CACHE_CONTROL, "max-age=3600")
                        .put(Headers.ETAG, "\"1\"")
                        .put(Headers.LAST_MODIFIED, "Thu, 01 Jan 1970 00:00:00 GMT")
                        .put(new HttpString("X-Own"), "stays");
                exchange.setResponseContentLength(1000);
                exchange.getOutputStream().write(TEN);
                throw new IllegalStateException("before anything was sent");
            }
            case "/length" -> {
                exchange.setResponseContentLength(100);
                exchange.getOutputStream().write(TEN);
                exchange.getOutputStream().flush();
            }
            case "/block" -> answer(exchange, exchange.getInputStream().readAllBytes().length);
            case "/inject" ->
                    respond(exchange, new HttpString("X-Bad"), value(exchange), "Hello, World!");
            case "/inject-name" ->
                    respond(exchange, new HttpString("X-Bad" + value(exchange)), "a", "Hello");
            case "/inject-cookie" -> {
                exchange.setResponseCookie(new CookieImpl("a", "b").setPath(value(exchange)));
                exchange.getResponseSender().send("Hello");
            }
            case "/inject-reason" -> {
                exchange.setReasonPhrase(value(exchange));
                exchange.getResponseSender().send("Hello");
            }
            case "/inject-trailer" -> {
                exchange.getResponseHeaders().put(Headers.TRAILER, "X-Late");
                exchange.putAttachment(
                        HttpAttachments.RESPONSE_TRAILER_SUPPLIER,
                        () -> new HeaderMap().put(new HttpString("X-Late"), value(exchange)));
                exchange.getOutputStream().write(new byte[100_000]);
            }
            case "/trailers" -> {
                exchange.getInputStream().readAllBytes();
                exchange.getResponseSender()
                        .send(exchange.getAttachment(HttpAttachments.REQUEST_TRAILERS) + "");
            }
            case "/lengths" -> {
                exchange.getResponseHeaders().add(Headers.CONTENT_LENGTH, "13");
                respond(exchange, Headers.CONTENT_LENGTH, "5", "Hello, World!");
            }
            case "/status" -> {
                exchange.setStatusCode(Integer.parseInt(exchange.getQueryString()));
                exchange.getOutputStream().write(TEN);
            }
            default -> throw new IllegalArgumentException(exchange.getRelativePath());
        }
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static String value(HttpServerExchange exchange) {
        return exchange.getQueryParameters().getOrDefault("v", new ArrayDeque<>()).getFirst();
    }

    private static void respond(
            HttpServerExchange exchange, HttpString name, String value, String body) {
        exchange.getResponseHeaders().add(name, value);
        exchange.getResponseSender().send(body);
    }

    private static void answer(HttpServerExchange exchange, int length) {
        exchange.getResponseSender().send("read " + length);
    }

    private static RawAnswer send(
            Protocol protocol,
            String method,
            String path,
            @Nullable Object body,
            String... headers) {
        return member.send(protocol, method, path, body, headers);
    }

    @ParameterizedTest
    @CsvSource({
        "HTTP,/begun", "HTTP,/begun-error", "HTTP,/begun-event", "HTTP,/length",
                "HTTP,/length-event",
        "AJP,/begun", "AJP,/begun-error", "AJP,/begun-event", "AJP,/length", "AJP,/length-event",
        "H2C,/begun", "H2C,/begun-error", "H2C,/begun-event", "H2C,/length", "H2C,/length-event"
    })
    void anAnswerThatFailsAfterItHasBegunIsCut(Protocol protocol, String path) {
        for (String connection : List.of("keep-alive", "close")) {
            RawAnswer answer =
                    protocol == Protocol.H2C
                            ? send(protocol, "GET", path, null)
                            : send(protocol, "GET", path, null, "Connection", connection);
            assertThat(answer.whole()).as(answer.toString()).isFalse();
        }
    }

    /** It ends with the connection, so only a reset tells that it is not all. */
    @Test
    void anAnswerToHttp10ThatFailsAfterItHasBegunIsReset() {
        assertThatThrownBy(
                        () -> {
                            try (var socket =
                                    new Socket(
                                            InetAddress.getLoopbackAddress(), member.httpPort())) {
                                socket.setSoTimeout(20_000);
                                socket.getOutputStream()
                                        .write(ascii("GET /begun HTTP/1.0\r\n\r\n"));
                                socket.getInputStream().readAllBytes();
                            }
                        })
                .isInstanceOf(SocketException.class);
    }

    @ParameterizedTest
    @EnumSource(Protocol.class)
    void aFailedHandlersHalfAnswerIsDroppedWithItsHeaders(Protocol protocol) {
        RawAnswer answer = send(protocol, "GET", "/partial", null);

        assertThat(answer.status()).isEqualTo(500);
        assertThat(answer.whole()).isTrue();
        assertThat(answer.header("Content-Type")).isEqualTo("application/problem+json");
        assertThat(answer.body()).startsWith("{").endsWith("}").contains("\"status\":500");
        assertThat(answer.header("X-Own")).isEqualTo("stays");
        for (String gone :
                List.of(
                        "Content-Encoding",
                        "Content-Disposition",
                        "Cache-Control",
                        "ETag",
                        "Last-Modified")) {
            assertThat(answer.header(gone)).as(gone).isEmpty();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "HTTP,/block",
        "HTTP,/event",
        "HTTP,/denied",
        "AJP,/block",
        "AJP,/event",
        "AJP,/denied",
        "H2C,/block",
        "H2C,/event",
        "H2C,/denied"
    })
    void aBodyBeyondTheLimitIs413AndReadToItsEnd(Protocol protocol, String path) {
        byte[] body = new byte[20 * LIMIT];

        RawAnswer announced = send(protocol, "POST", path, body);
        assertThat(announced.status()).as(announced.toString()).isEqualTo(413);
        assertThat(announced.body()).contains("longer than " + LIMIT + " bytes");

        RawAnswer chunked = send(protocol, "POST", path, new Chunked(body));
        if (!path.equals("/denied")) {
            assertThat(chunked.status()).as(chunked.toString()).isEqualTo(413);
            assertThat(chunked.body()).contains("longer than " + LIMIT + " bytes");
            assertThat(chunked.whole()).isTrue();
        } else {
            assertThat(chunked.status()).as(chunked.toString()).isEqualTo(403);
        }
        assertThat(send(protocol, "POST", "/block", new byte[LIMIT]).body())
                .isEqualTo("read " + LIMIT);
        assertThat(send(protocol, "POST", "/event", new Chunked(new byte[LIMIT])).body())
                .isEqualTo("read " + LIMIT);
    }

    @Test
    void whatFollowsA413OnItsConnectionIsAnsweredOrTheConnectionClosed() {
        String received =
                RawSocket.exchange(
                        member.httpPort(),
                        "POST /block HTTP/1.1\r\nHost: a\r\nContent-Length: 100001\r\n\r\n"
                                + "G".repeat(100_001)
                                + "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");

        assertThat(received).startsWith("HTTP/1.1 413 ").doesNotContain(" 400 ");
        assertThat(received.split("HTTP/1\\.1 ", -1).length).isLessThanOrEqualTo(3);
    }

    @Test
    void whoWaitsFor100ContinueIsRefusedWithoutIt() {
        for (String head :
                List.of(
                        "POST /block HTTP/1.1\r\nHost: a\r\nContent-Length: 100001\r\n",
                        "POST /denied HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n",
                        "POST /partial HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n")) {
            String received =
                    RawSocket.exchange(member.httpPort(), head + "Expect: 100-continue\r\n\r\n");
            assertThat(received).matches("(?s)HTTP/1\\.1 (413|403|500) .*");
            assertThat(received.split("HTTP/1\\.1 ", -1)).as(received).hasSize(2);
        }
        String received =
                RawSocket.exchange(
                        member.httpPort(),
                        "POST /block HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n"
                                + "Connection: close\r\nExpect: 100-continue\r\n\r\n0123456789");
        assertThat(received).startsWith("HTTP/1.1 100 ").endsWith("read 10");
    }

    @ParameterizedTest
    @CsvSource({"GET, /", "HEAD, /", "POST, /denied", "GET, /status?204", "GET, /status?304"})
    void anAnswerSaysThatItsConnectionEnds(String method, String path) {
        for (String ends : List.of("Expect: 100-continue", "Connection: close")) {
            String received =
                    RawSocket.exchange(
                            member.httpPort(),
                            method + " " + path + " HTTP/1.1\r\nHost: a\r\n" + ends + "\r\n\r\n");
            assertThat(received).startsWith("HTTP/1.1 ").contains("Connection: close\r\n");
        }
    }

    @Test
    void h2cStreamsAreCountedUntilTheyEndHoweverTheyEnd() {
        List<H2Client> clients = new ArrayList<>();
        try {
            for (String path : List.of("/event", "/block", "/never", "/denied")) {
                H2Client client = H2Client.connect(member.httpPort());
                clients.add(client);
                client.head(1, "POST", path, false).data(1, new byte[100], false).reset(1);
                client.head(3, "POST", path, false).data(3, new byte[LIMIT], false);
                client.data(3, new byte[LIMIT], false).data(3, new byte[LIMIT], true);
                client.head(5, "POST", path, false).data(5, new byte[100], false);
                H2Client away = H2Client.connect(member.httpPort());
                clients.add(away);
                away.head(1, "POST", path, false).head(3, "GET", path, true).goAway();
                H2Client gone = H2Client.connect(member.httpPort());
                gone.head(1, "POST", path, false).head(3, "GET", path, true).close();
                if (!path.equals("/never")) {
                    client.reset(5);
                } else {
                    client.reset(3).reset(5);
                }
            }
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> member.server().inFlight().count() == 0);
        } finally {
            clients.forEach(H2Client::close);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "HTTP,/inject",
        "HTTP,/inject-event",
        "AJP,/inject",
        "AJP,/inject-event",
        "H2C,/inject",
        "H2C,/inject-event",
        "HTTP,/inject-name",
        "AJP,/inject-name",
        "H2C,/inject-name",
        "HTTP,/inject-cookie",
        "AJP,/inject-cookie",
        "H2C,/inject-cookie",
        "HTTP,/inject-reason",
        "AJP,/inject-reason",
        "H2C,/inject-reason"
    })
    void aHeaderOfAnApplicationThatHoldsALineEndIs500(Protocol protocol, String path) {
        for (String bad :
                List.of(
                        "a%0D%0AInjected:%20b",
                        "a%0Ab", "a%0Db", "a%00b", "a%01b", "a%7Fb", "a%C4%8AInjected:%20b")) {
            RawAnswer answer = send(protocol, "GET", path + "?v=" + bad, null);
            assertThat(answer.status()).as(bad + answer).isEqualTo(500);
            assertThat(answer.whole()).isTrue();
            assertThat(answer.header("Injected")).isEmpty();
            assertThat(answer.header("X-Bad")).isEmpty();
            assertThat(answer.body()).startsWith("{").endsWith("}");
        }
        String good = path.matches("/inject-(name|cookie)") ? "abc" : "a%20b%09c%C3%BC";
        assertThat(send(protocol, "GET", path + "?v=" + good, null).status()).isEqualTo(200);
    }

    /** It is known when the answer has been sent: only its end can say so. */
    @ParameterizedTest
    @CsvSource({"HTTP", "H2C"})
    void aTrailerOfAnApplicationThatHoldsALineEndCutsTheAnswer(Protocol protocol) {
        for (String bad : List.of("a%0D%0AInjected:%20b", "a%00b")) {
            RawAnswer answer = send(protocol, "GET", "/inject-trailer?v=" + bad, null);
            assertThat(answer.whole()).as(answer.toString()).isFalse();
            assertThat(answer.body()).doesNotContain("Injected");
        }
        assertThat(send(protocol, "GET", "/inject-trailer?v=fine", null).whole()).isTrue();
    }

    /** What HTTP does not allow in the head is refused before any handler, by whatever protocol. */
    @ParameterizedTest
    @EnumSource(Protocol.class)
    void aHeadWithWhatHttpDoesNotAllowIs400(Protocol protocol) {
        for (String bad : List.of("\0", "\u0001", "\u000b", "\u001f", "\u007f")) {
            for (String[] header :
                    List.of(
                            new String[] {"x-a", "a" + bad + "b"},
                            new String[] {"content-type", bad},
                            new String[] {"x" + bad + "a", "b"},
                            new String[] {"x(a", "b"},
                            new String[] {"", "b"})) {
                RawAnswer answer = send(protocol, "GET", "/", null, header);
                if (protocol == Protocol.H2C && answer.status() == 0) {
                    continue; // the frame was malformed: no answer, as RFC 9113, 8.2.1 has it
                }
                assertThat(answer.status()).as(List.of(header) + answer.toString()).isEqualTo(400);
                assertThat(answer.header("Content-Type")).isEqualTo("application/problem+json");
                assertThat(answer.body()).contains(answer.header("X-Request-ID"));
            }
            for (String target : List.of("/a" + bad, "/?a=" + bad, "/a%00", "/?%", "/a#b")) {
                assertThat(send(protocol, "GET", target, null).status()).as(target).isEqualTo(400);
            }
        }
        assertThat(send(protocol, "GET", "/", null, "x-a", "\u0080\u00ff\tb").body())
                .isEqualTo("fine");
    }

    @Test
    void aTrailerThatHttpDoesNotAllowIs400() {
        for (String bad : List.of("X-Late: a\0b", "X Late: a", ": a", "X-Late: a\u0001b")) {
            assertThat(RawSocket.exchange(member.httpPort(), trailing("/trailers", bad)))
                    .as(bad)
                    .startsWith("HTTP/1.1 400 ");
        }
        assertThat(RawSocket.exchange(member.httpPort(), trailing("/trailers", "X-Late: a")))
                .startsWith("HTTP/1.1 200 ")
                .contains("X-Late=[a]");
        try (H2Client client = H2Client.connect(member.httpPort())) {
            for (int stream = 1; stream < 6; stream += 2) {
                client.head(stream, "POST", "/trailers", false)
                        .data(stream, TEN, false)
                        .trailer(
                                stream,
                                "x-late",
                                stream == 1 ? "fine" : stream == 3 ? "a\0" : "\n");
                assertThat(client.answer(stream).status()).isEqualTo(stream == 1 ? 200 : 400);
            }
        }
    }

    /** Over HTTP/1.1 it can't be, and over h2c the stream is reset. */
    @ParameterizedTest
    @ValueSource(strings = {"/block", "/event"})
    void aBodyThatEndsOverAjpBeforeItsContentLengthIs400(String path) {
        try (RawSocket socket = RawSocket.connect(member.ajpPort())) {
            socket.send(
                            AjpPacket.post(path, 1)
                                    .header(0xA008, "100")
                                    .secret(TestMember.SECRET)
                                    .end())
                    .send(AjpPacket.body(TEN))
                    .send(new byte[] {0x12, 0x34, 0, 0});
            assertThat(AjpPacket.answer(socket.readUntil(AjpPacket::isWhole))).startsWith("400\n");
        }
    }

    private static String trailing(String path, String trailer) {
        return "POST "
                + path
                + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
                + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n"
                + trailer
                + "\r\n\r\n";
    }

    @Test
    void aHostThatIsNoneIs400WithAProblemDocument() {
        for (String lines :
                List.of(
                        "",
                        "Host: a:\r\n",
                        "Host: a b\r\n",
                        "Host: a@b\r\n",
                        "Host: [::1\r\n",
                        "Host: a\r\nHost: a\r\n",
                        "Host: a:99999\r\n")) {
            for (String method : List.of("GET", "HEAD")) {
                String received =
                        RawSocket.exchange(
                                member.httpPort(), method + " / HTTP/1.1\r\n" + lines + "\r\n");
                assertThat(received)
                        .as(lines)
                        .startsWith("HTTP/1.1 400 Bad Request\r\n")
                        .contains("application/problem+json", "X-Request-ID: ", "\"requestId\":");
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Protocol.class)
    void twoLengthsOfAnApplicationAre500(Protocol protocol) {
        RawAnswer answer = send(protocol, "GET", "/lengths", null);

        assertThat(answer.status()).as(answer.toString()).isEqualTo(500);
        assertThat(answer.header("Content-Length")).doesNotContain("|");
    }

    @ParameterizedTest
    @EnumSource(Protocol.class)
    void whatHasNoBodyGetsNone(Protocol protocol) {
        for (String status : List.of("204", "304")) {
            RawAnswer answer = send(protocol, "GET", "/status?" + status, null);
            assertThat(answer.status()).isEqualTo(Integer.parseInt(status));
            assertThat(answer.bytes()).isEmpty();
            assertThat(answer.whole()).isTrue();
        }
        assertThat(send(protocol, "HEAD", "/partial", null).bytes()).isEmpty();
        assertThat(send(protocol, "HEAD", "/", null).bytes()).isEmpty();
        for (String status : List.of("100", "101", "103")) {
            RawAnswer answer = send(protocol, "GET", "/status?" + status, null);
            assertThat(answer.status()).as(status).isEqualTo(500);
            assertThat(answer.whole()).isTrue();
        }
    }

    @ParameterizedTest
    @EnumSource(Protocol.class)
    void aBrowserGetsAShortPage(Protocol protocol) {
        RawAnswer page =
                send(
                        protocol,
                        "GET",
                        "/denied",
                        null,
                        "Accept",
                        "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8");
        assertThat(page.header("Content-Type")).isEqualTo("text/html; charset=utf-8");
        assertThat(page.body()).contains("<h1>403 Forbidden</h1>", page.header("X-Request-ID"));
        for (String accept :
                List.of(
                        "*/*",
                        "application/json",
                        "text/html;q=0",
                        "application/json, text/html;q=0.5",
                        ",;q=,q=x;;",
                        "text/plain")) {
            assertThat(send(protocol, "GET", "/denied", null, "Accept", accept).body())
                    .as(accept)
                    .startsWith("{");
        }
    }

    @Test
    void theSchemeThatAStrangerSaysOverH2cIsNotBelieved() {
        try (var strangers =
                        TestMember.open(
                                Map.of("TRUSTED_PROXIES", "192.0.2.1/32"), TestMember::tellFacts);
                H2Client client = H2Client.connect(strangers.httpPort())) {
            client.scheme("https").head(1, "GET", "/", true);
            assertThat(client.answer(1).body()).contains("scheme=http\n");
        }
    }
}
