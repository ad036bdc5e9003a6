package io.backpool.service.queue;

import static io.backpool.service.queue.QueueContract.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.backpool.config.ServiceUrl;
import io.backpool.service.database.Database;
import io.backpool.testkit.PostgresServer;
import io.backpool.testkit.RabbitServer;
import io.backpool.testkit.SmallDisk;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A broker's messages, whose states are in a PostgreSQL on a disk that is full. */
class StatesFullIT {
    private static final Duration LONG = Duration.ofSeconds(60);

    @TempDir Path home;

    @Test
    void nothingIsTakenNothingIsLostAndHealthSaysSoUntilThereIsRoom() throws Exception {
        try (SmallDisk disk = SmallDisk.mount();
                PostgresServer postgres = PostgresServer.startWithTablesOn(disk);
                RabbitServer rabbit = RabbitServer.start(home);
                Database database = Database.open(new ServiceUrl(postgres.url()));
                PoolQueue queue = TestQueues.open(rabbit.url(), database::dataSource)) {
            Set<String> taken = new HashSet<>();
            Set<String> handled = ConcurrentHashMap.newKeySet();
            var begun = new CountDownLatch(2);
            var go = new CountDownLatch(1);
            for (int i = 0; i < 10; i++) {
                taken.add(queue.publish(bytes("before")));
            }
            try (var consumer =
                    queue.consume(
                            2,
                            message -> {
                                begun.countDown();
                                go.await();
                                handled.add(message.id());
                                return "x".repeat(5000);
                            })) {
                begun.await();
                disk.fill();
                publishUntilRefused(queue, taken);
                go.countDown();
                // However often it is looked at, and though reading goes on.
                await().during(Duration.ofSeconds(3)).until(() -> !queue.isReachable());
                assertThat(taken).allMatch(id -> queue.find(id) != null);
                disk.free();
                await().atMost(LONG).until(queue::isReachable);
                await().atMost(LONG)
                        .until(
                                () ->
                                        taken.stream()
                                                .allMatch(
                                                        id ->
                                                                state(queue, id)
                                                                        == MessageState.DONE));
            }
            assertThat(handled).containsAll(taken);
            assertThat(queue.stats().duplicates()).isZero();
        }
    }

    /** Nobody publishes, and nobody consumes: it is noticed all the same. */
    @Test
    void anIdleQueueIsWellAgainAsSoonAsThereIsRoom() throws Exception {
        try (SmallDisk disk = SmallDisk.mount();
                PostgresServer postgres = PostgresServer.startWithTablesOn(disk);
                RabbitServer rabbit = RabbitServer.start(home);
                Database database = Database.open(new ServiceUrl(postgres.url()));
                PoolQueue queue = TestQueues.open(rabbit.url(), database::dataSource)) {
            queue.publish(bytes("before"));
            disk.fill();
            publishUntilRefused(queue, new HashSet<>());
            await().during(Duration.ofSeconds(3)).until(() -> !queue.isReachable());
            disk.free();
            await().atMost(LONG).until(queue::isReachable);
        }
    }

    private static void publishUntilRefused(PoolQueue queue, Set<String> taken) {
        while (true) {
            try {
                taken.add(queue.publish(bytes("meanwhile")));
            } catch (QueueException e) {
                // The second is what PostgreSQL may say to a new connection.
                assertThat(e.getMessage())
                        .containsPattern("No space left on device|could not write init file")
                        .doesNotContain("s3cret");
                return;
            }
        }
    }

    private static MessageState state(PoolQueue queue, String id) {
        return Objects.requireNonNull(queue.find(id)).state();
    }
}
