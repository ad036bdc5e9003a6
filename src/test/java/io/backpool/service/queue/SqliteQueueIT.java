package io.backpool.service.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.backpool.config.ConfigException;
import io.backpool.engine.Reachability;
import io.backpool.testkit.LogLines;
import io.backpool.testkit.SmallDisk;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** The contract on a SQLite file. */
class SqliteQueueIT extends QueueContract {
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
        var go = new CountDownLatch(1);
        try (var consumer =
                        queue().consume(
                                        1,
                                        message -> {
                                            go.await();
                                            return null;
                                        });
                PoolQueue other = another()) {
            String id = queue().publish(bytes("slow"));
            await().until(() -> state(id) == MessageState.PROCESSING);
            long ends = due(id);
            try (var rival = other.consume(1, message -> "stolen")) {
                await().until(() -> System.currentTimeMillis() > ends + 200);
                assertThat(due(id)).isGreaterThan(ends);
                go.countDown();
                await().until(() -> state(id) == MessageState.DONE);
            }
            assertThat(queue().stats().done() + other.stats().done()).isEqualTo(1);
        }
    }

    /** When its lease ends, in milliseconds since 1970. */
    private long due(String id) throws SQLException {
        try (var connection =
                        DriverManager.getConnection(
                                "jdbc:sqlite:" + url().substring("sqlite:".length()));
                var select =
                        connection.prepareStatement(
                                "SELECT due FROM \"backpool_"
                                        + name()
                                        + "_message\" WHERE id = ?")) {
            select.setString(1, id);
            return select.executeQuery().getLong(1);
        }
    }

    @Test
    void whatWasTakenBeforeTheDiskWasFullIsThereAndTheRestWasRefused() throws Exception {
        try (SmallDisk disk = SmallDisk.mount();
                PoolQueue queue = open("sqlite:" + disk.path().resolve("queue.db"), name())) {
            Set<String> taken = new HashSet<>(Set.of(queue.publish(bytes("before"))));
            disk.fill();
            assertThatThrownBy(
                            () -> {
                                while (true) {
                                    taken.add(queue.publish(bytes("meanwhile")));
                                }
                            })
                    .isInstanceOf(QueueException.class)
                    .hasMessageContaining("Can't use sqlite:" + disk.path());
            assertThat(taken).allMatch(id -> queue.find(id) != null);
            try (var consumer = queue.consume(2, message -> null)) {
                await().during(Duration.ofSeconds(3)).until(() -> !queue.isReachable());
                disk.free();
                await().until(queue::isReachable);
                await().until(() -> queue.stats().done() == taken.size());
            }
        }
    }

    /** Nobody publishes, and nobody consumes: it is noticed all the same. */
    @Test
    void anIdleFileIsWellAgainAsSoonAsThereIsRoom() throws Exception {
        try (SmallDisk disk = SmallDisk.mount();
                PoolQueue queue = open("sqlite:" + disk.path().resolve("queue.db"), name())) {
            queue.publish(bytes("before"));
            disk.fill();
            assertThatThrownBy(() -> queue.publish(new byte[1 << 20]))
                    .isInstanceOf(QueueException.class);
            await().during(Duration.ofSeconds(3)).until(() -> !queue.isReachable());
            disk.free();
            await().until(queue::isReachable);
        }
    }

    @Test
    void consumersWaitForAFileAndMakeNone() throws Exception {
        try (var consumer = queue().consume(1, message -> null)) {
            awaitDepth(0);
            assertThat(queue().find("none")).isNull();
            try (PoolQueue other = another()) {
                assertThat(Files.exists(directory.resolve("new"))).isFalse();
                String id = other.publish(bytes("x"));
                await().until(() -> state(id) == MessageState.DONE);
            }
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
                PoolQueue other = another()) {
            await().until(() -> queue().stats().depth() == 19);
            try (var free = other.consume(1, message -> null)) {
                await().until(() -> other.stats().done() == 19);
            }
            go.countDown();
        }
    }

    @Test
    void aFileThatIsDeletedIsMadeAgainAndTheLossIsSaidOnce() throws Exception {
        try (var consumer = queue().consume(1, message -> null);
                LogLines log = LogLines.of(Reachability.class)) {
            String first = queue().publish(bytes("first"));
            await().until(() -> state(first) == MessageState.DONE);
            Files.move(directory.resolve("new"), directory.resolve("gone"));
            await().until(() -> Files.exists(directory.resolve("new/queue.db")));
            assertThat(queue().isReachable()).isFalse();
            assertThat(queue().find(first)).isNull();
            String second = queue().publish(bytes("second"));
            await().until(() -> state(second) == MessageState.DONE);
            assertThat(log.lines())
                    .singleElement()
                    .asString()
                    .contains("new/queue.db was deleted or replaced while it was open");
        }
    }

    @Test
    void bodiesOfDoneMessagesGoAndTheFileShrinks() throws Exception {
        for (int i = 0; i < 20; i++) {
            queue().publish(new byte[1 << 20]);
        }
        Path file = directory.resolve("new/queue.db");
        assertThat(Files.size(file)).isGreaterThan(10 << 20);
        try (var consumer = queue().consume(2, message -> null)) {
            await().atMost(Duration.ofMinutes(1))
                    .until(() -> Files.size(file) < 6 << 20 && queue().stats().done() == 20);
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
    void aFileThatIsNoDatabaseIsSaidAndLeftAsItIs() throws Exception {
        Path file = Files.createDirectories(directory.resolve("new")).resolve("queue.db");
        String text = "what somebody wrote. ".repeat(100);
        Files.writeString(file, text);
        assertThatThrownBy(() -> queue().publish(bytes("x")))
                .isInstanceOf(QueueException.class)
                .hasMessageContaining("file is not a database");
        assertThat(queue().isReachable()).isFalse();
        assertThat(file).hasContent(text);
    }

    @Test
    void whoHoldsTheFileIsWaitedFor() throws Exception {
        queue().publish(bytes("first"));
        var publisher = Executors.newSingleThreadExecutor();
        try (var holder =
                        DriverManager.getConnection(
                                "jdbc:sqlite:" + url().substring("sqlite:".length()));
                var statement = holder.createStatement()) {
            statement.execute("BEGIN IMMEDIATE");
            Future<String> second = publisher.submit(() -> queue().publish(bytes("second")));
            awaitDepth(1);
            assertThat(second.isDone()).isFalse();
            statement.execute("COMMIT");
            assertThat(state(second.get())).isEqualTo(MessageState.QUEUED);
        } finally {
            publisher.shutdownNow();
        }
    }

    @Test
    void aUrlThatNoEngineKnowsIsAMistakeWithoutItsPassword() {
        for (String wrong : new String[] {"sqlite:", "ampq://u:s3cret@host", "amqp://u:s3cret@"}) {
            assertThatThrownBy(() -> open(wrong, name()))
                    .isInstanceOf(ConfigException.class)
                    .hasMessageContaining("must be sqlite:FILE")
                    .hasMessageNotContaining("s3cret");
        }
    }
}
