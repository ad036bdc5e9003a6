package io.backpool.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.backpool.testkit.LogLines;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ReachabilityTest {
    private final AtomicLong nanos = new AtomicLong();
    private final Reachability engine =
            new Reachability("cache - redis://h/", "computing", nanos::get);

    @Test
    void anEngineThatNobodyAskedIsReachable() {
        assertThat(engine.isReachable()).isTrue();
    }

    @Test
    void anOutageIsToldOnceAndItsEndOnce() {
        try (LogLines log = LogLines.of(Reachability.class)) {
            fail("read");
            fail("read");
            pass(Duration.ofSeconds(10));
            engine.reached("read");
            engine.reached("read");
            assertThat(log.lines())
                    .containsExactly(
                            "cache - redis://h/ fails to read, computing:"
                                    + " java.io.IOException: refused",
                            "cache - redis://h/ is back");
        }
    }

    @Test
    void whatSeveralServersSayIsOneLine() {
        try (LogLines log = LogLines.of(Reachability.class)) {
            engine.failed("read", new IOException("away:\n\n  one: refused\n  two: refused"));
            assertThat(log.lines())
                    .singleElement()
                    .asString()
                    .endsWith("java.io.IOException: away: one: refused two: refused");
        }
    }

    @Test
    void oneThatComesAndGoesIsStillTheSameOutage() {
        try (LogLines log = LogLines.of(Reachability.class)) {
            for (int i = 0; i < 100; i++) {
                fail("write");
                assertThat(engine.isReachable()).isFalse();
                pass(Duration.ofSeconds(1));
                engine.reached("write");
                assertThat(engine.isReachable()).isTrue();
            }
            assertThat(log.lines()).hasSize(1);
        }
    }

    @Test
    void aFullEngineThatIsReadIsNotReachable() {
        fail("write");
        engine.reached("read");
        assertThat(engine.isReachable()).isFalse();
        engine.reached();
        assertThat(engine.isReachable()).isTrue();
    }

    @Test
    void onlyWhatFailedIsTriedAgain() {
        fail("write");
        assertThatThrownBy(
                        () ->
                                engine.retry(
                                        "write",
                                        () -> {
                                            throw new IllegalStateException("full");
                                        }))
                .hasMessage("full");
        assertThat(engine.isReachable()).isFalse();
        var tried = new AtomicInteger();
        engine.retry("write", () -> tried.incrementAndGet() == 2);
        assertThat(engine.isReachable()).isFalse();
        engine.retry("write", () -> tried.incrementAndGet() == 2);
        assertThat(engine.isReachable()).isTrue();
        engine.retry("write", () -> tried.incrementAndGet() == 2);
        assertThat(tried).hasValue(2);
    }

    @Test
    void whatIsLostIsAnErrorOfTheLogAndShowsForAWhile() {
        try (LogLines log = LogLines.of(Reachability.class)) {
            engine.lost("the file was deleted");
            assertThat(log.lines()).containsExactly("cache - redis://h/: the file was deleted");
        }
        engine.reached();
        assertThat(engine.isReachable()).isFalse();
        pass(Duration.ofSeconds(10));
        assertThat(engine.isReachable()).isTrue();
    }

    private void fail(String operation) {
        engine.failed(operation, new IllegalStateException("no", new IOException("refused")));
    }

    private void pass(Duration time) {
        nanos.addAndGet(time.toNanos());
    }
}
