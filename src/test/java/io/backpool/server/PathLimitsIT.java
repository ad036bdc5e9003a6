package io.backpool.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.backpool.exchange.PathLimits;
import io.backpool.testkit.Protocol;
import io.backpool.testkit.RawAnswer;
import io.backpool.testkit.RawSocket;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What an application allows for some paths, narrower than the configuration. */
class PathLimitsIT {
    private final CountDownLatch go = new CountDownLatch(1);
    private TestMember member;

    @BeforeEach
    void open() {
        member =
                TestMember.openWith(
                        Map.of("LIMITS_BODY_SIZE", "1000", "LIMITS_REQUEST_TIMEOUT", "30s"),
                        this::application);
    }

    private HttpHandler application(ServerResources resources) {
        PathLimits none = PathLimits.NONE;
        resources.pathLimits().add("/*", none.withBodySize(10));
        resources.pathLimits().add("/upload/{name}", none.withBodySize(500));
        resources.pathLimits().add("/quick", none.withTime(Duration.ofSeconds(1)));
        resources.pathLimits().add("/two", none.withConcurrency(2));
        HttpHandler waits = resources.blocking().wrap(this::waitsToGo);
        HttpHandler reads =
                resources.blocking().wrap(it -> it.getResponseSender().send(read(it) + " bytes"));
        return exchange -> {
            switch (exchange.getRelativePath()) {
                case "/quick", "/two" -> waits.handleRequest(exchange);
                case "/listener" -> {
                    exchange.addExchangeCompleteListener(
                            (complete, next) -> {
                                throw new IllegalStateException("on purpose");
                            });
                    exchange.getResponseSender().send("fine");
                }
                case "/fails" -> throw new IllegalStateException("on purpose");
                default -> reads.handleRequest(exchange);
            }
        };
    }

    private static int read(HttpServerExchange exchange) throws java.io.IOException {
        return exchange.getInputStream().readAllBytes().length;
    }

    private void waitsToGo(HttpServerExchange exchange) throws InterruptedException {
        go.await(20, TimeUnit.SECONDS);
        exchange.getResponseSender().send("gone");
    }

    @AfterEach
    void close() {
        go.countDown();
        member.close();
    }

    private RawAnswer send(Protocol protocol, String path) {
        return member.send(protocol, "GET", path, null);
    }

    @ParameterizedTest
    @EnumSource(Protocol.class)
    void theMostExactTemplateSaysHowLongABodyMayBe(Protocol protocol) {
        assertThat(member.send(protocol, "POST", "/upload/a", new byte[500]).status())
                .isEqualTo(200);
        RawAnswer refused = member.send(protocol, "POST", "/upload/a", new byte[501]);
        assertThat(refused.status()).isEqualTo(413);
        assertThat(refused.body()).contains("500 bytes");
        assertThat(member.send(protocol, "POST", "/other", new byte[11]).status()).isEqualTo(413);
        assertThat(member.send(protocol, "POST", "/other", new byte[10]).status()).isEqualTo(200);
    }

    @ParameterizedTest
    @EnumSource(Protocol.class)
    void anAnswerThatTakesTooLongForThePathIs503(Protocol protocol) {
        RawAnswer late = send(protocol, "/quick");
        assertThat(late.status()).isEqualTo(503);
        assertThat(late.body()).contains("no answer within 1 s");
    }

    @ParameterizedTest
    @EnumSource(Protocol.class)
    void oneMoreThanMayBeThereIsRefusedAndCountedAndAPlaceComesBack(Protocol protocol)
            throws Exception {
        var first = CompletableFuture.supplyAsync(() -> send(protocol, "/two"));
        var second = CompletableFuture.supplyAsync(() -> send(protocol, "/two"));
        await().until(() -> member.resources().blocking().busy() == 2);
        RawAnswer refused = send(protocol, "/two");
        assertThat(refused.status()).isEqualTo(503);
        assertThat(refused.header("Retry-After")).isEqualTo("1");
        assertThat(refused.body()).contains("path:/two");
        assertThat(member.server().admissionStats().shedBy()).containsEntry(Limit.PATH, 1L);
        assertThat(send(protocol, "/health/ready").status()).isEqualTo(200);
        go.countDown();
        assertThat(first.get().status()).isEqualTo(200);
        assertThat(second.get().status()).isEqualTo(200);
        // A place is free a moment after the client has seen the end of the answer.
        for (int i = 0; i < 5; i++) {
            await().until(() -> send(protocol, "/two").status() == 200);
        }
    }

    @Test
    void aPlaceComesBackHoweverARequestEnds() {
        member.resources().pathLimits().add("/fails", PathLimits.NONE.withConcurrency(1));
        for (int i = 0; i < 3; i++) {
            await().until(() -> send(Protocol.HTTP, "/fails").status() == 500);
        }
    }

    @Test
    void aPlaceComesBackEvenIfAListenerOfTheApplicationFails() {
        PathLimits one = PathLimits.NONE.withConcurrency(1).withTime(Duration.ofSeconds(1));
        member.resources().pathLimits().add("/listener", one);
        for (int i = 0; i < 2; i++) {
            await().until(() -> send(Protocol.HTTP, "/listener").status() == 200);
        }
    }

    /** It would wait for a body that its client keeps, and take the next request for it. */
    @Test
    void whoWaitsFor100ContinueIsRefusedWithoutIt() throws Exception {
        var first = CompletableFuture.supplyAsync(() -> send(Protocol.HTTP, "/two"));
        var second = CompletableFuture.supplyAsync(() -> send(Protocol.HTTP, "/two"));
        await().until(() -> member.resources().blocking().busy() == 2);
        for (String path : List.of("/two", "/health/ready")) {
            try (RawSocket socket = RawSocket.connect(member.httpPort())) {
                socket.send("POST " + path + " HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n");
                socket.send("Expect: 100-continue\r\n\r\n");
                assertThat(socket.readToEnd())
                        .startsWith(path.equals("/two") ? "HTTP/1.1 503 " : "HTTP/1.1 200 ")
                        .contains("Connection: close\r\n");
            }
        }
        go.countDown();
        assertThat(first.get().status()).isEqualTo(200);
        assertThat(second.get().status()).isEqualTo(200);
    }
}
