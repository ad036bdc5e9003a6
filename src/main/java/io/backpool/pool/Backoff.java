package io.backpool.pool;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * How long to wait before a member that crashed is started again: twice as long each time, from a
 * tenth of a second to half a minute, a fifth more or less so that siblings do not crash in step. A
 * process that ran for a minute was well: the next wait is short again. Used by one thread.
 */
final class Backoff {
    static final Duration FIRST = Duration.ofMillis(100);
    static final Duration LONGEST = Duration.ofSeconds(30);
    static final Duration STABLE = Duration.ofMinutes(1);

    private static final double JITTER = 0.2;

    private final RandomGenerator random;
    private int crashes;

    Backoff(RandomGenerator random) {
        this.random = random;
    }

    /** The wait after a process that lived for {@code uptime}. */
    Duration next(Duration uptime) {
        if (uptime.compareTo(STABLE) >= 0) {
            crashes = 0;
        }
        long wait = FIRST.toMillis() << Math.min(crashes, 20);
        crashes++;
        double jitter = 1 + JITTER * (2 * random.nextDouble() - 1);
        return Duration.ofMillis(Math.round(Math.min(wait, LONGEST.toMillis()) * jitter));
    }
}
