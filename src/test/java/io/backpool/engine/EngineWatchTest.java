package io.backpool.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class EngineWatchTest {
    private final Reachability reachability = new Reachability("cache - test", "computing");
    private final AtomicInteger asked = new AtomicInteger();

    @Test
    void anEngineIsNotAskedBeforeSomebodyWantsToKnow() {
        try (EngineWatch watch = new EngineWatch("test", asked::incrementAndGet, reachability)) {
            assertThat(watch.answer()).isEqualTo(-1);
            assertThat(asked).hasValue(0);
            assertThat(watch.isReachable()).isTrue();
            await().until(() -> watch.answer() > 0);
        }
    }

    @Test
    void anEngineThatGoesAndComesBackIsNoticedThoughNoRequestAsksIt() {
        var away = new AtomicBoolean(true);
        try (EngineWatch watch = new EngineWatch("test", () -> answer(away), reachability)) {
            await().until(() -> !watch.isReachable());
            assertThat(watch.answer()).isEqualTo(-1);
            reachability.failed("write", new IOException("broken pipe"));
            away.set(false);
            await().until(watch::isReachable);
            assertThat(watch.answer()).isEqualTo(7);
        }
    }

    @Test
    void nobodyWaitsForAnEngineThatDoesNotAnswer() {
        var never = new CountDownLatch(1);
        try (EngineWatch watch =
                new EngineWatch(
                        "test",
                        () -> {
                            asked.incrementAndGet();
                            never.await();
                            return 0;
                        },
                        reachability)) {
            watch.start();
            await().until(() -> asked.get() == 1);
            assertThat(watch.isReachable()).isTrue();
            reachability.failed("read", new IOException("no answer"));
            assertThat(watch.isReachable()).isFalse();
        }
        assertThat(reachability.isReachable()).isFalse();
    }

    private static long answer(AtomicBoolean away) throws IOException {
        if (away.get()) {
            throw new IOException("refused");
        }
        return 7;
    }
}
