package io.backpool.app.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.backpool.app.Application;
import io.backpool.app.ApplicationException;
import io.backpool.app.Services;
import io.backpool.exchange.PathLimits;
import io.backpool.service.cache.Content;
import io.backpool.service.queue.MessageState;
import io.backpool.service.queue.Queue;
import io.undertow.server.HttpHandler;
import io.undertow.util.Headers;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.slf4j.MDC;

/** A member in a test, as the developer of an application uses it. */
class TestMemberTest {
    @Test
    void aHandlerIsServedOnAPortOfItsOwn() throws Exception {
        long start = System.nanoTime();
        try (TestMember member =
                TestMember.serve(exchange -> exchange.getResponseSender().send("Welcome"))) {
            print("first", start);
            assertThat(member.get("/").body()).isEqualTo("Welcome");
            assertThat(member.get("/health/ready").statusCode()).isEqualTo(200);
        }
        start = System.nanoTime();
        try (TestMember member = TestMember.serve(exchange -> {})) {
            print("next", start);
            assertThat(member.uri("/a?b=c").toString()).endsWith("/a?b=c");
        }
    }

    private static void print(String which, long start) {
        long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
        System.out.printf("the %s member started in %d ms%n", which, millis);
    }

    @Test
    void anExceptionIsAProblemAsInThePool() throws Exception {
        HttpHandler failing =
                exchange -> {
                    throw new IllegalStateException("secret");
                };
        try (TestMember member = TestMember.serve(failing)) {
            var answer = member.get("/");
            assertThat(answer.statusCode()).isEqualTo(500);
            assertThat(answer.headers().firstValue("Content-Type"))
                    .hasValue("application/problem+json");
            assertThat(answer.body()).contains("requestId").doesNotContain("secret");
        }
    }

    @Test
    void theCacheGoesByTheTestsClock() throws Exception {
        var loads = new AtomicInteger();
        Application application =
                services ->
                        services.blocking(
                                exchange -> {
                                    var cached =
                                            services.cache()
                                                    .get(
                                                            "key",
                                                            Duration.ofHours(1),
                                                            () ->
                                                                    Content.text(
                                                                            "load "
                                                                                    + loads
                                                                                            .incrementAndGet()));
                                    Content content = Objects.requireNonNull(cached.content());
                                    exchange.getResponseHeaders()
                                            .put(Headers.AGE, cached.age().toSeconds());
                                    exchange.getResponseSender().send(content.bytes());
                                });
        try (TestMember member = TestMember.start(application)) {
            assertThat(member.get("/").body()).isEqualTo("load 1");
            member.clock().advance(Duration.ofMinutes(59));
            assertThat(member.get("/").headers().firstValue("Age")).hasValue("3540");
            member.clock().advance(Duration.ofMinutes(1));
            assertThat(member.get("/").body()).isEqualTo("load 2");
        }
    }

    @Test
    void aMessageThatFailsIsTriedAgainWhenTheClockMoves() throws Exception {
        var attempts = new SynchronousQueue<Integer>();
        Application application =
                services -> {
                    services.queue()
                            .consume(
                                    1,
                                    message -> {
                                        attempts.put(message.attempt());
                                        throw new IllegalStateException("not yet");
                                    });
                    return exchange -> {};
                };
        try (TestMember member = TestMember.start(application)) {
            var queue = member.services().queue();
            String id = queue.publish(new byte[0]);
            for (int attempt = 1; attempt <= 5; attempt++) {
                assertThat(attempts.poll(10, TimeUnit.SECONDS)).isEqualTo(attempt);
                while (state(queue, id) == MessageState.PROCESSING) {
                    Thread.onSpinWait();
                }
                member.clock().advance(Duration.ofSeconds(8));
            }
            assertThat(state(queue, id)).isEqualTo(MessageState.DEAD);
        }
    }

    private static MessageState state(Queue queue, String id) {
        return Objects.requireNonNull(queue.find(id)).state();
    }

    @Test
    void theDatabaseIsThereAndGoneAfterwards() throws Exception {
        for (int i = 0; i < 2; i++) {
            try (TestMember member = TestMember.serve(exchange -> {});
                    var connection = member.services().dataSource().getConnection();
                    var statement = connection.createStatement()) {
                statement.executeUpdate("CREATE TABLE item (id INTEGER)");
            }
        }
    }

    @Test
    void aBodyBeyondTheLimitIsRefusedAsInThePool() throws Exception {
        try (TestMember member = TestMember.serve(exchange -> {})) {
            var request =
                    HttpRequest.newBuilder(member.uri("/"))
                            .POST(BodyPublishers.ofByteArray(new byte[(16 << 20) + 1]));
            assertThat(member.send(request).statusCode()).isEqualTo(413);
        }
    }

    private record Shop(String name, int maxItems) {}

    @Test
    void itsSettingsAreReadAsARecord() throws Exception {
        Application application =
                services -> {
                    Shop shop = services.config(Shop.class);
                    return exchange -> exchange.getResponseSender().send(shop.toString());
                };
        try (TestMember member = TestMember.start(application, "{name: Corner, max-items: 3}")) {
            assertThat(member.get("/").body()).isEqualTo("Shop[name=Corner, maxItems=3]");
        }
        assertThatThrownBy(() -> TestMember.start(application, "name: Corner\nmax-item: 3"))
                .hasMessageEndingWith(
                        "app.yaml:2: app.config.max-item: no such setting, did you mean"
                                + " max-items?");
    }

    @Test
    void aTaskEndsBeforeTheApplicationIsClosed() throws Exception {
        var order = new LinkedBlockingQueue<String>();
        Application application =
                new Application() {
                    @Override
                    public HttpHandler start(Services services) {
                        services.scheduler()
                                .execute(
                                        () ->
                                                services.executor()
                                                        .execute(() -> runUntilStopped(order)));
                        return exchange -> {};
                    }

                    @Override
                    public void close() {
                        order.add("closed");
                    }
                };
        TestMember member = TestMember.start(application);
        assertThat(order.poll(10, TimeUnit.SECONDS)).isEqualTo("began");
        member.close();
        assertThat(order).containsExactly("interrupted", "closed");
    }

    private static void runUntilStopped(LinkedBlockingQueue<String> order) {
        order.add("began");
        try {
            new SynchronousQueue<String>().take();
        } catch (InterruptedException e) {
            order.add("interrupted");
        }
    }

    @Test
    void theLogOfABlockingHandlerHasTheRequestsId() throws Exception {
        Application application =
                services ->
                        services.blocking(
                                services.blocking(
                                        exchange ->
                                                exchange.getResponseSender()
                                                        .send(MDC.get("http.request.id"))));
        try (TestMember member = TestMember.start(application)) {
            for (int i = 0; i < 2; i++) {
                var answer = member.get("/");
                assertThat(answer.headers().firstValue("X-Request-Id")).hasValue(answer.body());
            }
        }
    }

    @Test
    void theApplicationIsClosedWithTheMember() throws Exception {
        var closed = new AtomicBoolean();
        Application application =
                new Application() {
                    @Override
                    public HttpHandler start(Services services) {
                        return exchange -> {};
                    }

                    @Override
                    public void close() {
                        closed.set(true);
                    }
                };
        TestMember.start(application).close();
        assertThat(closed).isTrue();
    }

    @Test
    void oneThatDoesNotStartSaysWhy() {
        assertThatThrownBy(
                        () ->
                                TestMember.start(
                                        services -> {
                                            throw new IllegalStateException("no licence");
                                        }))
                .isInstanceOf(ApplicationException.class)
                .hasMessageContaining("no licence");
    }

    @Test
    void itIsReadyWhenItsOwnChecksSaySo() throws Exception {
        var warm = new AtomicBoolean();
        try (TestMember member =
                TestMember.start(
                        services -> {
                            services.readiness("warm-up", warm::get);
                            return exchange -> exchange.endExchange();
                        })) {
            assertThat(member.get("/health/ready").statusCode()).isEqualTo(503);
            assertThat(member.get("/health/ready").body())
                    .contains("\"checks\":{\"warm-up\":\"DOWN\"}");
            assertThat(member.get("/health/live").statusCode()).isEqualTo(200);
            warm.set(true);
            awaitReady(member, "\"status\":\"UP\"");
            assertThat(member.get("/health/ready").statusCode()).isEqualTo(200);
        }
    }

    private static void awaitReady(TestMember member, String words) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!member.get("/health/ready").body().contains(words)) {
            assertThat(System.nanoTime()).as(words).isLessThan(deadline);
        }
    }

    @Test
    void aCheckThatFailsOrHasAWrongNameSaysNo() throws Exception {
        try (TestMember member =
                TestMember.start(
                        services -> {
                            services.readiness(
                                    "broken",
                                    () -> {
                                        throw new IllegalStateException("on purpose");
                                    });
                            services.readiness("well", () -> true);
                            return exchange -> exchange.endExchange();
                        })) {
            awaitReady(member, "\"well\":\"UP\"");
            assertThat(member.get("/health/ready").statusCode()).isEqualTo(503);
            assertThatThrownBy(() -> member.services().readiness("a b", () -> true))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("a b");
        }
    }

    @Test
    void itsHookRunsEachTimeThatItIsDrained() throws Exception {
        var routes = new LinkedBlockingQueue<String>();
        try (TestMember member =
                TestMember.start(
                        services -> {
                            services.onDrain(routes::add);
                            return exchange -> exchange.endExchange();
                        })) {
            member.drain();
            assertThat(routes.poll(10, TimeUnit.SECONDS)).isEqualTo("m1");
            member.drain();
            assertThat(routes).isEmpty();
        }
    }

    @Test
    void limitsOfAPathNarrowThoseOfTheConfiguration() throws Exception {
        try (TestMember member =
                TestMember.start(
                        services -> {
                            services.limit("/small", PathLimits.NONE.withBodySize(3));
                            return exchange -> exchange.endExchange();
                        })) {
            assertThat(post(member, "/small", "four")).isEqualTo(413);
            assertThat(post(member, "/small", "old")).isEqualTo(200);
            assertThat(post(member, "/other", "four")).isEqualTo(200);
            assertThatThrownBy(
                            () ->
                                    member.services()
                                            .limit(
                                                    "/wide",
                                                    PathLimits.NONE.withTime(Duration.ofDays(1))))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("limits.request-timeout");
            assertThatThrownBy(() -> PathLimits.NONE.withConcurrency(-1))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    private static int post(TestMember member, String path, String body) throws Exception {
        return member.send(
                        HttpRequest.newBuilder(member.uri(path))
                                .POST(HttpRequest.BodyPublishers.ofString(body)))
                .statusCode();
    }
}
