package io.backpool.service.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import io.backpool.config.ServiceUrl;
import io.backpool.testkit.TestServer;
import io.backpool.testkit.Wire;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What an engine in another process promises besides, also while it is away. */
abstract class BrokerContract extends QueueContract {
    private static final Duration LONG = Duration.ofSeconds(60);
    private static final int MANY = 20;

    abstract TestServer server();

    /** A way to the server on which packets can be held back. */
    abstract Wire wire();

    /** The server through that wire. */
    abstract String wireUrl();

    /** An engine of this kind at another address. */
    abstract Queue open(String url);

    /** An address where a server speaks another language. */
    abstract String urlOfAnotherKind();

    @Override
    Queue open(HikariDataSource database) {
        return open(url());
    }

    @Override
    String url() {
        return server().url();
    }

    @Test
    void heldBackItTurnsEveryoneAwayInTimeAndServesThemAfter() throws Exception {
        try (Queue far = open(wireUrl())) {
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
    static void assertAllAreTurnedAway(Queue queue) throws Exception {
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

    static void awaitPublished(Queue queue) {
        await().atMost(LONG)
                .ignoreExceptionsInstanceOf(QueueException.class)
                .until(() -> !queue.publish(bytes("x")).isEmpty());
    }

    @Test
    void aServerOfAnotherKindIsSaidInTime() throws Exception {
        try (Queue wrong = open(urlOfAnotherKind());
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
                    .hasMessageNotContaining("guest");
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

    @Test
    void whatWasDoneIsNotDoneAgainWhenItIsDeliveredAgain() throws Exception {
        var ledger = new Ledger(this::database);
        String id = queue().publish(bytes("once"));
        ledger.settle(id, MessageState.DONE, "elsewhere");
        try (var consumer = queue().consume(1, message -> "here")) {
            await().atMost(LONG).until(() -> queue().stats().duplicates() == 1);
        }
        assertThat(queue().find(id))
                .isEqualTo(new MessageStatus(id, MessageState.DONE, 0, "elsewhere"));
    }
}
