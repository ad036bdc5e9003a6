package io.backpool.app.testkit;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A clock that stands still until the test moves it. Begins in 2026. Safe for all threads. */
public final class TestClock extends Clock {
    private final List<Runnable> watchers = new CopyOnWriteArrayList<>();
    private volatile Instant now = Instant.parse("2026-01-01T00:00:00Z");

    TestClock() {}

    /**
     * Moves it; what was due in between becomes due now.
     *
     * @param time forward
     */
    public synchronized void advance(Duration time) {
        now = now.plus(time);
        watchers.forEach(Runnable::run);
    }

    /** Calls {@code moved} after each move. */
    void watch(Runnable moved) {
        watchers.add(moved);
    }

    @Override
    public Instant instant() {
        return now;
    }

    @Override
    public ZoneId getZone() {
        return ZoneOffset.UTC;
    }

    /** Not supported: there is one zone. */
    @Override
    public Clock withZone(ZoneId zone) {
        throw new UnsupportedOperationException("a test's clock is in UTC");
    }
}
