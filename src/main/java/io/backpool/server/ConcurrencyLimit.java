package io.backpool.server;

import java.time.Duration;

/**
 * How many requests may work at once: the fewest that keep the processors busy. More of them only
 * take turns, and each takes longer; fewer waste processors. While processors are idle the limit
 * opens up, so that requests which wait for something else never wait for this.
 *
 * <p>Limits that watch latency instead (Vegas, Gradient2) can't tell a request that is slow by
 * nature from one that was slowed down: beside quick requests a slow kind closes them. Guarded by
 * {@link Admission}.
 */
final class ConcurrencyLimit {
    static final long PERIOD_NANOS = Duration.ofMillis(250).toNanos();

    private static final double SATURATED = 0.96;

    /**
     * From here to {@link #SATURATED} the limit stays as it is: more threads for short work leave
     * less of the processors to it, since they are woken for each request.
     */
    private static final double BUSY = 0.85;

    /** Others saturate the processors if we have a smaller share: our yielding would not help. */
    private static final double OUR_SHARE = 0.5;

    private static final int START = 8;

    private final int min;
    private final int max;
    private final CpuLoad load;
    private long nextLook;
    private int current;
    private int peak;
    private boolean wasReached;
    private boolean saturated;

    /** Starts in between, and stays there where {@code min} equals {@code max}. */
    ConcurrencyLimit(int min, int max, CpuLoad load, long now) {
        this.min = min;
        this.max = max;
        this.load = load;
        this.current = Math.min(max, START * min);
        this.nextLook = now + PERIOD_NANOS;
    }

    int current() {
        return current;
    }

    /** Whether we used up the processors in the period before. */
    boolean isSaturated() {
        return saturated;
    }

    /** Tells how many are at work now, one that must wait included. */
    void observe(int working, long now) {
        peak = Math.max(peak, Math.min(working, current));
        wasReached |= working >= current;
        if (now - nextLook >= 0) {
            look();
            nextLook = now + PERIOD_NANOS;
        }
    }

    private void look() {
        double system = load.system();
        boolean busy = system >= BUSY && load.process() >= system * OUR_SHARE;
        saturated = busy && system >= SATURATED;
        if (saturated) {
            current = Math.max(min, Math.min(current, peak) / 2);
        } else if (wasReached && !busy) {
            current = Math.min(max, current + current / 2 + 1);
        }
        peak = 0;
        wasReached = false;
    }
}
