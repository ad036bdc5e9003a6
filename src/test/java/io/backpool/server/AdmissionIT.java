package io.backpool.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.backpool.testkit.AjpPacket;
import io.backpool.testkit.Protocol;
import io.backpool.testkit.RawAnswer;
import io.backpool.testkit.RawSocket;
import io.undertow.server.HttpHandler;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AdmissionIT {
    private static final String GET = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

    /** Ends within the patience of a test whatever the machine is busy with. */
    private static final Duration LONG = Duration.ofSeconds(20);

    @ParameterizedTest
    @CsvSource({
        "threads, LIMITS_CONCURRENCY, limits.concurrency",
        "auto, LIMITS_CONCURRENCY, limits.concurrency",
        "threads, POOL_MAX_THREADS, pool.max-threads"
    })
    void oneWorksWhoWaitsPastTheBoundIsToldWhichLimitWasHitAndHealthIsNeverShed(
            String blocking, String setting, String limit) {
        var gate = new CountDownLatch(1);
        Map<String, String> settings = Map.of(setting, "1", "POOL_BLOCKING", blocking);
        try (var member = TestMember.openWith(settings, resources -> waiting(resources, gate));
                RawSocket first = RawSocket.connect(member.httpPort())) {
            first.send(GET);
            await().atMost(LONG).until(() -> member.server().admissionStats().waits().contains(1L));

            assertThat(RawSocket.exchange(member.httpPort(), GET))
                    .startsWith("HTTP/1.1 503 ")
                    .contains("Retry-After: 1\r\n", "application/problem+json", "\"requestId\":")
                    .contains("(" + limit + "); try again in 1 s");
            assertThat(ajp(member)).startsWith("503\n").contains("(" + limit + "); try again");
            assertThat(
                            RawSocket.exchange(
                                    member.httpPort(), GET.replace("GET /", "GET /health/ready")))
                    .startsWith("HTTP/1.1 200 ");

            gate.countDown();
            assertThat(first.readToEnd()).endsWith("done");
            AdmissionStats stats = member.server().admissionStats();
            assertThat(stats.shed()).isEqualTo(2);
            assertThat(stats.admitted()).isEqualTo(1);
            assertThat(stats.waiting()).isZero();
        }
    }

    @Test
    void whatDoesNotFitIntoTheQueueIsRefusedAtOnce() {
        var gate = new CountDownLatch(1);
        Map<String, String> settings =
                Map.of(
                        "LIMITS_CONCURRENCY", "1",
                        "LIMITS_QUEUE", "1",
                        "LIMITS_QUEUE_WAIT", "1m");
        try (var member = TestMember.openWith(settings, resources -> waiting(resources, gate));
                RawSocket first = RawSocket.connect(member.httpPort());
                RawSocket second = RawSocket.connect(member.httpPort())) {
            first.send(GET);
            await().atMost(LONG).until(() -> member.server().admissionStats().waits().contains(1L));
            second.send(GET);
            await().atMost(LONG).until(() -> member.server().admissionStats().waiting() == 1);

            assertThat(RawSocket.exchange(member.httpPort(), GET))
                    .startsWith("HTTP/1.1 503 ")
                    .contains("(limits.queue); try again");

            gate.countDown();
            assertThat(first.readToEnd()).endsWith("done");
            assertThat(second.readToEnd()).endsWith("done");
            assertThat(member.server().admissionStats().queued()).isEqualTo(1);
        }
    }

    /**
     * Exceptions, errors, an interrupt that is left behind, a client that is gone: on a thread for
     * blocking work as on an event loop.
     */
    @ParameterizedTest
    @CsvSource({"threads, 2", "auto, 2", "threads, off"})
    void everyPermitComesBackAndNothingIsLeftWithTheThread(String blocking, String limit) {
        var turn = new AtomicInteger();
        var leftInterrupted = new AtomicInteger();
        HttpHandler failing =
                exchange -> {
                    if (Thread.interrupted()) {
                        leftInterrupted.incrementAndGet();
                    }
                    Thread.currentThread().interrupt();
                    switch (turn.getAndIncrement() % 6) {
                        case 0 -> throw new IllegalStateException("as a test wants it");
                        case 1 -> throw new StackOverflowError("as a test wants it");
                        case 2 -> throw new OutOfMemoryError("as a test wants it");
                        case 3 -> throw new LinkageError("as a test wants it");
                        case 4 -> exchange.getConnection().close();
                        default -> exchange.getResponseSender().send("done");
                    }
                };
        Map<String, String> settings =
                Map.of("LIMITS_CONCURRENCY", limit, "POOL_BLOCKING", blocking);
        try (var member = TestMember.openWith(settings, resources -> both(resources, failing))) {
            for (Protocol protocol : Protocol.values()) {
                int port = protocol == Protocol.AJP ? member.ajpPort() : member.httpPort();
                for (String path : List.of("/blocking", "/event")) {
                    for (int i = 0; i < 18; i++) {
                        assertThat(send(protocol, port, path).status())
                                .as(protocol + path)
                                .isNotEqualTo(503);
                        assertThat(send(protocol, port, "/fine").body())
                                .as(protocol + path + i)
                                .isEqualTo("not interrupted");
                    }
                }
            }
            assertThat(member.server().admissionStats().shed()).isZero();
            assertThat(leftInterrupted).hasValue(0);
            await().atMost(LONG).until(() -> member.server().inFlight().count() == 0);
            await().atMost(LONG).until(() -> member.resources().threads().busy() == 0);
        }
    }

    private static HttpHandler both(ServerResources resources, HttpHandler failing) {
        HttpHandler blocking = resources.blocking().wrap(failing);
        return exchange -> {
            switch (exchange.getRelativePath()) {
                case "/event" -> failing.handleRequest(exchange);
                case "/fine" ->
                        exchange.getResponseSender()
                                .send(
                                        Thread.currentThread().isInterrupted()
                                                ? "interrupted"
                                                : "not interrupted");
                default -> blocking.handleRequest(exchange);
            }
        };
    }

    private static RawAnswer send(Protocol protocol, int port, String path) {
        return protocol.send(port, TestMember.SECRET, "GET", path, null);
    }

    private static HttpHandler waiting(ServerResources resources, CountDownLatch gate) {
        return resources
                .blocking()
                .wrap(
                        exchange -> {
                            gate.await();
                            exchange.getResponseSender().send("done");
                        });
    }

    private static String ajp(TestMember member) {
        try (RawSocket socket = RawSocket.connect(member.ajpPort())) {
            byte[] request = AjpPacket.get("/", 0).secret(TestMember.SECRET).end();
            return AjpPacket.answer(socket.send(request).readUntil(AjpPacket::isWhole));
        }
    }
}
