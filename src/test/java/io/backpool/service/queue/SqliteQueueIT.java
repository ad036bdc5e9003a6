package io.backpool.service.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import io.backpool.config.ConfigException;
import io.backpool.config.ServiceUrl;
import java.nio.file.Files;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** The contract on a SQLite file. */
class SqliteQueueIT extends QueueContract {
    @Override
    Queue open(HikariDataSource database) {
        return new SqliteQueue(new ServiceUrl(url()), QUICK, Duration.ofSeconds(2));
    }

    @Override
    String url() {
        return "sqlite:" + directory.resolve("new/queue.db");
    }

    @Test
    void thereIsNoFileBeforeTheFirstUse() {
        assertThat(Files.exists(directory.resolve("new"))).isFalse();
        queue().publish(bytes("x"));
        assertThat(Files.exists(directory.resolve("new/queue.db"))).isTrue();
    }

    @Test
    void aHandlerMayTakeLongerThanTheLease() throws Exception {
        var handled = new CountDownLatch(2);
        try (var consumer =
                        queue().consume(
                                        1,
                                        message -> {
                                            handled.countDown();
                                            Thread.sleep(3000);
                                            return null;
                                        });
                Queue other = open(database());
                var rival = other.consume(1, message -> "stolen")) {
            String id = queue().publish(bytes("slow"));
            await().until(() -> state(id) == MessageState.DONE);
            assertThat(queue().stats().done() + other.stats().done()).isEqualTo(1);
        }
    }

    @Test
    void anotherProcessTakesWhatThisOneIsTooBusyFor() throws Exception {
        var go = new CountDownLatch(1);
        for (int i = 0; i < 20; i++) {
            queue().publish(bytes("x"));
        }
        try (var busy =
                        queue().consume(
                                        1,
                                        message -> {
                                            go.await();
                                            return null;
                                        });
                Queue other = open(database())) {
            await().until(() -> queue().stats().depth() == 18);
            try (var free = other.consume(1, message -> null)) {
                await().until(() -> other.stats().done() == 18);
            }
            go.countDown();
        }
    }

    @Test
    void aFileThatCannotBeUsedIsSaid() throws Exception {
        Files.writeString(directory.resolve("new"), "a file where a folder should be");
        assertThatThrownBy(() -> queue().publish(bytes("x")))
                .isInstanceOf(QueueException.class)
                .hasMessageStartingWith("Can't use sqlite:");
        assertThat(queue().stats().reachable()).isFalse();
    }

    @Test
    void aUrlThatNoEngineKnowsIsAMistakeWithoutItsPassword() {
        for (String wrong : new String[] {"sqlite:", "ampq://u:s3cret@host", "amqp://u:s3cret@"}) {
            assertThatThrownBy(() -> Queue.open(new ServiceUrl(wrong), this::database))
                    .isInstanceOf(ConfigException.class)
                    .hasMessageContaining("must be sqlite:FILE")
                    .hasMessageNotContaining("s3cret");
        }
    }
}
