package io.backpool.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.backpool.config.ConfigReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.xnio.XnioWorker;

/** What becomes of an event loop that takes no traffic; looks stand for time. */
@SuppressWarnings("NullAway.Init")
class WatchTest {
    private static final long LIMIT_MILLIS = 60_000;

    private final List<String> dead = new ArrayList<>();
    private XnioWorker worker;
    private Watch watch;

    @BeforeEach
    void open() throws Exception {
        worker = TestWorker.open("watched");
        watch = new Watch(ConfigReader.read(null, Map.of(), Map.of()).limits(), worker, dead::add);
    }

    @AfterEach
    void close() {
        worker.shutdownNow();
    }

    private void look(long millis) {
        for (long passed = 0; passed < millis; passed += watch.everyMillis()) {
            watch.look();
        }
    }

    @Test
    void aBlockedLoopIsDeadAfterAMinuteAndSaysWhereItIs() {
        var blocked = new CountDownLatch(1);
        worker.getIoThread(0)
                .execute(
                        () -> {
                            try {
                                blocked.await();
                            } catch (InterruptedException e) {
                                Thread.currentThread().interrupt();
                            }
                        });
        while (worker.getIoThread(0).getState() != Thread.State.WAITING) {
            Thread.onSpinWait();
        }
        look(LIMIT_MILLIS);
        assertThat(dead).isEmpty();

        watch.look();

        assertThat(dead).hasSize(1);
        assertThat(dead.get(0))
                .matches("the event loop watched I/O-1 has been blocked for 60 s; it is at .*")
                .contains("CountDownLatch.await");
        blocked.countDown();
    }

    @Test
    void aLoopThatComesRoundIsNotBlamedForWhatWasBefore() throws Exception {
        for (int i = 0; i < 3; i++) {
            var blocked = new CountDownLatch(1);
            var free = new CountDownLatch(1);
            worker.getIoThread(0)
                    .execute(
                            () -> {
                                try {
                                    blocked.await();
                                } catch (InterruptedException e) {
                                    Thread.currentThread().interrupt();
                                }
                            });
            look(LIMIT_MILLIS / 2);
            blocked.countDown();
            worker.getIoThread(0).execute(free::countDown);
            free.await();
        }
        assertThat(dead).isEmpty();
    }
}
