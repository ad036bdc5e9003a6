package io.backpool.service.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;

/** What an engine in another process promises besides, also while it is away. */
abstract class BrokerContract extends QueueContract {
    abstract void kill();

    abstract void restart();

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
            kill();
            assertThatThrownBy(() -> queue().publish(bytes("meanwhile")))
                    .isInstanceOf(QueueException.class)
                    .hasMessageContaining("127.0.0.1")
                    .hasMessageNotContaining("guest");
            assertThat(queue().stats().reachable()).isFalse();
            restart();
            await().atMost(Duration.ofSeconds(60))
                    .ignoreExceptionsInstanceOf(QueueException.class)
                    .until(() -> published.add(queue().publish(bytes("after"))));
            await().atMost(Duration.ofSeconds(60)).until(() -> handled.containsAll(published));
            await().atMost(Duration.ofSeconds(60)).until(() -> queue().stats().reachable());
        }
        assertThat(published).allMatch(id -> state(id) == MessageState.DONE);
    }

    @Test
    void whatWasDoneIsNotDoneAgainWhenItIsDeliveredAgain() throws Exception {
        var ledger = new Ledger(this::database);
        String id = queue().publish(bytes("once"));
        ledger.settle(id, MessageState.DONE, "elsewhere");
        try (var consumer = queue().consume(1, message -> "here")) {
            await().atMost(Duration.ofSeconds(60)).until(() -> queue().stats().duplicates() == 1);
        }
        assertThat(queue().find(id))
                .isEqualTo(new MessageStatus(id, MessageState.DONE, 0, "elsewhere"));
    }
}
