package io.backpool.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.backpool.testkit.H2Client;
import io.backpool.testkit.Protocol;
import io.backpool.testkit.RawAnswer;
import io.backpool.testkit.RawSocket;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Requests that wait in a member in a pause, the same over each protocol. */
class HoldIT {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final Duration LONG = Duration.ofSeconds(50);

    private final Queue<String> begun = new ConcurrentLinkedQueue<>();

    @ParameterizedTest
    @CsvSource({"HTTP, threads", "HTTP, auto", "AJP, threads", "AJP, auto", "H2C, threads"})
    void theyBeginInTheirOrderAfterItAndNoneIsShed(Protocol protocol, String blocking) {
        Map<String, String> settings =
                Map.of(
                        "POOL_BLOCKING", blocking,
                        "LIMITS_CONCURRENCY", "1",
                        "LIMITS_QUEUE", "2");
        try (var member = TestMember.openWith(settings, this::reading)) {
            member.server().hold(LONG);
            List<CompletableFuture<RawAnswer>> answers = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                String path = "/" + i;
                answers.add(
                        CompletableFuture.supplyAsync(
                                () -> member.send(protocol, "POST", path, new byte[100_000])));
                int count = i + 1;
                await().atMost(PATIENCE).until(() -> member.server().held() == count);
            }
            assertThat(member.send(protocol, "GET", "/health/ready", null).status()).isEqualTo(200);
            assertThat(begun).isEmpty();
            assertThat(member.resources().threads().busy()).isZero();

            member.server().hold(Duration.ZERO);
            for (CompletableFuture<RawAnswer> answer : answers) {
                assertThat(answer.join().body()).isEqualTo("read 100000");
            }
            assertThat(begun)
                    .containsExactlyElementsOf(
                            IntStream.range(0, 8).mapToObj(i -> "/" + i).toList());
            await().atMost(PATIENCE).until(() -> member.server().held() == -1);
            assertThat(member.send(protocol, "GET", "/", null).status()).isEqualTo(200);
            await().atMost(PATIENCE).until(() -> member.server().inFlight().count() == 0);
            assertThat(member.server().admissionStats().shed()).isZero();
        }
    }

    @ParameterizedTest
    @EnumSource(Protocol.class)
    void whoWaitsPastTheBoundIsToldWhenToComeAgain(Protocol protocol) {
        try (var member = TestMember.openWith(Map.of(), this::reading)) {
            member.server().hold(Duration.ofSeconds(1));
            RawAnswer answer = member.send(protocol, "POST", "/", new byte[100_000]);
            assertThat(answer.status()).as(answer.toString()).isEqualTo(503);
            assertThat(answer.header("Retry-After")).isEqualTo("1");
            assertThat(answer.body()).contains("the service is paused by an operator");
            assertThat(member.server().admissionStats().shedBy()).containsEntry(Limit.PAUSE, 1L);
            await().atMost(PATIENCE).until(() -> member.server().inFlight().count() == 0);
            assertThat(begun).isEmpty();
        }
    }

    @Test
    void whoseClientIsGoneIsForgotten() {
        try (var member = TestMember.openWith(Map.of(), this::reading);
                H2Client client = H2Client.connect(member.httpPort());
                H2Client gone = H2Client.connect(member.httpPort())) {
            member.server().hold(LONG);
            client.head(1, "GET", "/reset", true).head(3, "GET", "/stays", true);
            gone.head(1, "GET", "/gone", true).head(3, "POST", "/gone", false);
            await().atMost(PATIENCE).until(() -> member.server().held() == 4);
            client.reset(1);
            gone.close();
            await().atMost(PATIENCE).until(() -> member.server().held() == 1);
            assertThat(member.server().inFlight().count()).isEqualTo(1);

            member.server().hold(Duration.ZERO);
            assertThat(client.answer(3).status()).isEqualTo(200);
            assertThat(begun).containsExactly("/stays");
        }
    }

    /** httpd with ping= sends nothing before it, and takes a member that is silent for dead. */
    @Test
    void whoWaitsFor100ContinueGetsItAtOnceAndOnce() {
        try (var member = TestMember.openWith(Map.of(), this::reading);
                RawSocket client = RawSocket.connect(member.httpPort())) {
            member.server().hold(LONG);
            client.send(
                    "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 10\r\n"
                            + "Expect: 100-continue\r\n\r\n");
            client.readUntil(received -> RawSocket.text(received).contains("\r\n\r\n"));
            assertThat(client.received()).startsWith("HTTP/1.1 100 ");
            assertThat(begun).isEmpty();

            client.send("0123456789");
            member.server().hold(Duration.ZERO);
            assertThat(client.readToEnd()).endsWith("read 10");
            assertThat(client.received().split("HTTP/1\\.1 ", -1)).hasSize(3);
        }
    }

    @Test
    void theWaitCountsForNoTimeLimit() {
        var goOn = new CountDownLatch(1);
        HttpHandler waiting =
                exchange -> {
                    begun.add(exchange.getRequestPath());
                    goOn.await();
                    exchange.getResponseSender().send("done");
                };
        Map<String, String> settings = Map.of("LIMITS_REQUEST_TIMEOUT", "60s");
        try (var member =
                TestMember.openWith(settings, resources -> resources.blocking().wrap(waiting))) {
            member.server().hold(LONG);
            CompletableFuture<RawAnswer> answer =
                    CompletableFuture.supplyAsync(
                            () -> member.send(Protocol.HTTP, "GET", "/", null));
            await().atMost(PATIENCE).until(() -> member.server().held() == 1);
            long came = System.nanoTime();
            member.server().hold(Duration.ZERO);
            await().atMost(PATIENCE).until(() -> !begun.isEmpty());

            member.server().inFlight().look(came + Duration.ofSeconds(60).toNanos());
            goOn.countDown();
            assertThat(answer.join().body()).isEqualTo("done");
        }
    }

    @Test
    void aMemberThatLeavesAnswersThoseThatWait() {
        try (var member = TestMember.openWith(Map.of(), this::reading)) {
            member.server().hold(LONG);
            CompletableFuture<RawAnswer> answer =
                    CompletableFuture.supplyAsync(
                            () -> member.send(Protocol.HTTP, "GET", "/", null));
            await().atMost(PATIENCE).until(() -> member.server().held() == 1);
            member.server().health().state(MemberState.LEAVING);
            assertThat(answer.join().status()).isEqualTo(503);
            assertThat(answer.join().header("Retry-After")).isEqualTo("1");
        }
    }

    private HttpHandler reading(ServerResources resources) {
        return resources.blocking().wrap(this::read);
    }

    private void read(HttpServerExchange exchange) throws IOException {
        begun.add(exchange.getRequestPath());
        int count = exchange.getInputStream().readAllBytes().length;
        exchange.getResponseSender().send("read " + count);
    }
}
