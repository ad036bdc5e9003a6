package io.backpool.pool;

import java.time.Duration;

/**
 * Whether a run still gives signs of life. Counts its own looks, one a second, so that a machine
 * that slept sees no hang. Used by the pool's thread.
 */
final class Heartbeats {
    static final int MISSED = 10;
    static final Duration INTERVAL = Duration.ofSeconds(1);

    /** What a look finds. */
    enum Sign {
        /** Nothing yet. */
        NONE,
        /** It is well. */
        BEAT,
        HANGS,
        /** It ends by itself. */
        LEAVES
    }

    private long last;
    private long lastLook;
    private int missed;

    /** A run has become ready. */
    void begin(long now) {
        lastLook = now;
        missed = 0;
    }

    /** Looks, if it is time to. */
    Sign look(Member run, long now) {
        if (now - lastLook < INTERVAL.toNanos()) {
            return Sign.NONE;
        }
        lastLook = now;
        long heartbeats = run.report().heartbeats();
        missed = heartbeats == last ? missed + 1 : 0;
        last = heartbeats;
        if (missed == 0) {
            return Sign.BEAT;
        }
        return missed >= MISSED ? Sign.HANGS : Sign.NONE;
    }
}
