package io.backpool.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class OpenedOnceTest {
    private final AtomicInteger attempts = new AtomicInteger();

    @Test
    void itIsOpenedAtTheFirstUseAndOnce() {
        var shared = new OpenedOnce<Integer, RuntimeException>(attempts::incrementAndGet);
        assertThat(attempts).hasValue(0);
        assertThat(shared.get()).isEqualTo(1);
        assertThat(shared.get()).isEqualTo(1);
    }

    @Test
    void aFailureIsToldAndTheNextTriesAgain() throws IOException {
        var shared =
                new OpenedOnce<Integer, IOException>(
                        () -> {
                            if (attempts.incrementAndGet() == 1) {
                                throw new IOException("refused");
                            }
                            return attempts.get();
                        });
        assertThatThrownBy(shared::get).isInstanceOf(IOException.class).hasMessage("refused");
        assertThat(shared.get()).isEqualTo(2);
    }

    @Test
    void whoWaitsForAnAttemptThatFailsDoesNotTryAgain() {
        var waiting = new CountDownLatch(1);
        var shared =
                new OpenedOnce<Integer, Exception>(
                        () -> {
                            attempts.incrementAndGet();
                            waiting.await();
                            throw new IOException("refused");
                        });
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            var thread = new Thread(() -> assertThatThrownBy(shared::get).hasMessage("refused"));
            threads.add(thread);
            thread.start();
        }
        await().until(
                        () ->
                                threads.stream()
                                        .allMatch(one -> one.getState() == Thread.State.WAITING));
        waiting.countDown();
        await().until(() -> threads.stream().noneMatch(Thread::isAlive));
        assertThat(attempts).hasValue(1);
    }

    @Test
    void whatIsDroppedIsOpenedAnew() {
        var shared = new OpenedOnce<Integer, RuntimeException>(attempts::incrementAndGet);
        assertThat(shared.drop()).isNull();
        Integer first = shared.get();
        assertThat(shared.drop(first)).isTrue();
        Integer second = shared.get();
        assertThat(second).isEqualTo(2);
        assertThat(shared.drop(first)).isFalse();
        assertThat(shared.drop()).isEqualTo(2);
    }
}
