package io.backpool.service.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.backpool.config.ServiceUrl;
import io.backpool.testkit.TestServer;
import io.backpool.testkit.Wire;
import java.lang.reflect.Proxy;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;

/** What an engine in another process promises besides, also while it is away. */
abstract class BrokerContract extends QueueContract {
    private static final Duration LONG = Duration.ofSeconds(60);
    private static final int MANY = 20;

    private final AtomicBoolean statesAreAway = new AtomicBoolean();

    abstract TestServer server();

    /** A way to the server on which packets can be held back. */
    abstract Wire wire();

    /** The server through that wire. */
    abstract String wireUrl();

    /** The server, with a password that is not the user's. */
    abstract String wrongPasswordUrl();

    /** Deletes the queue of that name from the server, as somebody else might. */
    abstract void delete(String name) throws Exception;

    /** An address where a server speaks another language. */
    abstract String urlOfAnotherKind();

    @Override
    String url() {
        return server().url();
    }

    @Test
    void heldBackItTurnsEveryoneAwayInTimeAndServesThemAfter() throws Exception {
        try (PoolQueue far = open(wireUrl(), name())) {
            wire().hold();
            assertAllAreTurnedAway(far);
            assertThat(far.isReachable()).isFalse();
            wire().release();
            awaitPublished(far);
            assertThat(far.isReachable()).isTrue();
            wire().hold();
            assertAllAreTurnedAway(far);
            wire().release();
            awaitPublished(far);
        } finally {
            wire().release();
        }
    }

    /** However many wait: one who waited for another's timeout does not wait for its own. */
    static void assertAllAreTurnedAway(PoolQueue queue) throws Exception {
        var threads = Executors.newFixedThreadPool(MANY);
        try {
            List<Future<String>> all = new ArrayList<>();
            for (int i = 0; i < MANY; i++) {
                all.add(threads.submit(() -> queue.publish(bytes("x"))));
            }
            for (Future<String> one : all) {
                assertThatThrownBy(() -> one.get(LONG.toSeconds(), TimeUnit.SECONDS))
                        .hasCauseInstanceOf(QueueException.class);
            }
        } finally {
            threads.shutdownNow();
        }
    }

    static void awaitPublished(PoolQueue queue) {
        await().atMost(LONG)
                .ignoreExceptionsInstanceOf(QueueException.class)
                .until(() -> !queue.publish(bytes("x")).isEmpty());
    }

    @Test
    void aServerOfAnotherKindIsSaidInTime() throws Exception {
        try (PoolQueue wrong = open(urlOfAnotherKind(), name());
                var consumer = wrong.consume(1, message -> null)) {
            assertAllAreTurnedAway(wrong);
            assertThatThrownBy(() -> wrong.publish(bytes("x")))
                    .isInstanceOf(QueueException.class)
                    .hasMessageContaining(new ServiceUrl(urlOfAnotherKind()).toString());
            assertThat(wrong.isReachable()).isFalse();
        }
    }

    @Test
    void killedAndRestartedUnderUseItLosesNothingThatWasPublished() throws Exception {
        Set<String> published = new HashSet<>();
        Set<String> handled = ConcurrentHashMap.newKeySet();
        try (var consumer =
                queue().consume(
                                2,
                                message -> {
                                    handled.add(message.id());
                                    return null;
                                })) {
            for (int i = 0; i < 50; i++) {
                published.add(queue().publish(bytes("before")));
            }
            server().kill();
            assertThatThrownBy(() -> queue().publish(bytes("meanwhile")))
                    .isInstanceOf(QueueException.class)
                    .hasMessageContaining("127.0.0.1")
                    .hasMessageNotContaining("guest")
                    .hasMessageNotContaining("s3cret");
            assertThat(queue().stats().reachable()).isFalse();
            server().restart();
            await().atMost(LONG)
                    .ignoreExceptionsInstanceOf(QueueException.class)
                    .until(() -> published.add(queue().publish(bytes("after"))));
            await().atMost(LONG).until(() -> handled.containsAll(published));
            await().atMost(LONG).until(() -> queue().stats().reachable());
        }
        assertThat(published).allMatch(id -> state(id) == MessageState.DONE);
    }

    /** Away, it throws as the pool does. */
    @Override
    DataSource states() {
        return (DataSource)
                Proxy.newProxyInstance(
                        DataSource.class.getClassLoader(),
                        new Class<?>[] {DataSource.class},
                        (proxy, method, arguments) -> {
                            if (statesAreAway.get()) {
                                throw new SQLException("the states' database is away");
                            }
                            return super.states().getConnection();
                        });
    }

    @Test
    void whileTheStatesAreAwayNothingIsConsumedAndNothingIsLost() throws Exception {
        var begun = new CountDownLatch(1);
        var go = new CountDownLatch(1);
        Set<String> ids = new HashSet<>();
        for (int i = 0; i < 10; i++) {
            ids.add(queue().publish(bytes("x")));
        }
        try (var consumer =
                queue().consume(
                                2,
                                message -> {
                                    begun.countDown();
                                    go.await();
                                    return null;
                                })) {
            begun.await();
            statesAreAway.set(true);
            go.countDown();
            assertThatThrownBy(() -> queue().publish(bytes("y")))
                    .isInstanceOf(QueueException.class)
                    .hasMessageContaining("the states' database is away");
            await().atMost(LONG).until(() -> !queue().isReachable());
            // As long as five attempts of a consumer that gives back what it can't handle.
            Thread.sleep(5_000);
            assertThat(queue().stats().done()).isZero();
            statesAreAway.set(false);
            await().atMost(LONG)
                    .until(() -> ids.stream().allMatch(id -> state(id) == MessageState.DONE));
            await().atMost(LONG).until(() -> queue().isReachable());
        }
        assertThat(ids)
                .allSatisfy(
                        id ->
                                assertThat(Objects.requireNonNull(queue().find(id)).attempts())
                                        .isEqualTo(1));
        assertThat(queue().stats().duplicates()).isZero();
    }

    /** What handlers use is closed next. */
    @Test
    void whoStopsWhileItIsAwayLetsHandlersEnd() throws Exception {
        var begun = new CountDownLatch(1);
        var go = new CountDownLatch(1);
        var consumer =
                queue().consume(
                                1,
                                message -> {
                                    begun.countDown();
                                    go.await();
                                    return "at last";
                                });
        String id = queue().publish(bytes("x"));
        begun.await();
        server().kill();
        try {
            await().atMost(LONG).until(() -> !queue().isReachable());
            var closing =
                    CompletableFuture.runAsync(
                            () -> assertThatCode(consumer::close).doesNotThrowAnyException());
            await().during(Duration.ofSeconds(2)).until(() -> !closing.isDone());
            go.countDown();
            closing.get(LONG.toSeconds(), TimeUnit.SECONDS);
            assertThat(queue().find(id))
                    .isEqualTo(new MessageStatus(id, MessageState.DONE, 1, "at last"));
        } finally {
            server().restart();
        }
    }

    @Test
    void anIdleQueueShowsThatTheStatesAreAwayAndBack() {
        await().atMost(LONG).until(() -> queue().stats().depth() == 0);
        statesAreAway.set(true);
        await().atMost(LONG).until(() -> !queue().isReachable());
        statesAreAway.set(false);
        await().atMost(LONG).until(() -> queue().isReachable());
    }

    @Test
    void aQueueThatIsDeletedIsMadeAgainAndHealthSaysSoMeanwhile() throws Exception {
        try (var consumer = queue().consume(2, message -> null)) {
            String before = queue().publish(bytes("before"));
            await().atMost(LONG).until(() -> state(before) == MessageState.DONE);
            delete(name());
            await().atMost(LONG)
                    .pollInterval(Duration.ofMillis(20))
                    .until(() -> !queue().isReachable());
            List<String> after = new ArrayList<>();
            await().atMost(LONG)
                    .ignoreExceptionsInstanceOf(QueueException.class)
                    .until(() -> after.add(queue().publish(bytes("after"))));
            await().atMost(LONG).until(() -> state(after.get(0)) == MessageState.DONE);
            await().atMost(LONG).until(() -> queue().isReachable());
        }
    }

    @Test
    void aWrongPasswordIsSaidAndNotShown() throws Exception {
        try (PoolQueue queue = open(wrongPasswordUrl(), name());
                var consumer = queue.consume(1, message -> null)) {
            assertThatThrownBy(() -> queue.publish(bytes("x")))
                    .isInstanceOf(QueueException.class)
                    .hasMessageContaining("uthentication")
                    .hasMessageNotContaining("wr0ng");
            assertThat(queue.isReachable()).isFalse();
        }
    }

    @Test
    void whatWasDoneIsNotDoneAgainWhenItIsDeliveredAgain() throws Exception {
        var states =
                new MessageStates(
                        TestQueues.config(url(), name()),
                        this::states,
                        new Counters(new ServiceUrl(url())));
        String id = queue().publish(bytes("once"));
        states.settle(id, MessageState.DONE, "elsewhere");
        try (var consumer = queue().consume(1, message -> "here")) {
            await().atMost(LONG).until(() -> queue().stats().duplicates() == 1);
        }
        assertThat(queue().find(id))
                .isEqualTo(new MessageStatus(id, MessageState.DONE, 0, "elsewhere"));
    }
}
