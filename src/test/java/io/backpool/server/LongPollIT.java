package io.backpool.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.backpool.testkit.Protocol;
import io.backpool.testkit.RawAnswer;
import io.undertow.server.HttpServerExchange;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A long poll, an answer that waits for news, ends when its member is drained. */
class LongPollIT {
    private static TestMember member;

    @BeforeAll
    static void open() {
        member =
                TestMember.openWith(
                        Map.of(),
                        resources -> {
                            var blocking = resources.blocking().wrap(LongPollIT::waitForNews);
                            return exchange -> {
                                if (exchange.getRequestPath().equals("/blocking")) {
                                    blocking.handleRequest(exchange);
                                } else {
                                    exchange.dispatch((Runnable) () -> {});
                                    MemberServer.onDrain(
                                            exchange,
                                            () -> exchange.getResponseSender().send("no news"));
                                }
                            };
                        });
    }

    @AfterAll
    static void close() {
        member.close();
    }

    private static void waitForNews(HttpServerExchange exchange) throws Exception {
        var news = new CompletableFuture<String>();
        MemberServer.onDrain(exchange, () -> news.complete("no news"));
        exchange.getResponseSender().send(news.get());
    }

    @ParameterizedTest
    @EnumSource
    void itEndsWhenItsMemberIsDrained(Protocol protocol) {
        var direct = CompletableFuture.supplyAsync(() -> poll(protocol, "/direct"));
        var blocking = CompletableFuture.supplyAsync(() -> poll(protocol, "/blocking"));
        await().until(() -> member.server().inFlight().count() == 2);

        member.server().inFlight().drain(true);

        assertThat(direct.join().body()).isEqualTo("no news");
        assertThat(blocking.join().body()).isEqualTo("no news");
        // One that comes too late for it.
        assertThat(poll(protocol, "/direct").body()).isEqualTo("no news");
        assertThat(poll(protocol, "/blocking").body()).isEqualTo("no news");
        await().until(() -> member.server().inFlight().count() == 0);
        member.server().inFlight().drain(false);
    }

    private static RawAnswer poll(Protocol protocol, String path) {
        return member.send(protocol, "GET", path, null);
    }
}
