package io.backpool.server;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.LongSupplier;

/**
 * Whether processors are short: of one request in a while, whether its thread has waited for a
 * processor for half of its time. One that sleeps or waits for a database does not count;
 * neighbours on the host and a quota do. Guarded by the admission.
 */
final class Processors {
    /** One request in so long a time is a sample. */
    private static final long SAMPLE_NANOS = 10_000_000;

    /** The second number is what is meant here (Linux kernel, Scheduler Statistics). */
    private static final Path SCHEDSTAT = Path.of("/proc/thread-self/schedstat");

    private final long validNanos;
    private final LongSupplier clock;
    private long lastBegan;

    /** By the last sample, until a time. */
    private boolean wereShort;

    private long shortUntil;

    /**
     * They are not short, as far as is known.
     *
     * @param validNanos for how long the last sample is believed
     */
    Processors(long validNanos, LongSupplier clock) {
        this.validNanos = validNanos;
        this.clock = clock;
        this.lastBegan = clock.getAsLong() - SAMPLE_NANOS;
    }

    /** How long the calling thread has waited for one until now, in ns; 0: Linux does not say. */
    static long waited() {
        try {
            String[] numbers = Files.readString(SCHEDSTAT, StandardCharsets.US_ASCII).split(" ");
            return Long.parseLong(numbers[1]);
        } catch (IOException | RuntimeException e) {
            return 0;
        }
    }

    /** Whether a request that begins now is a sample. */
    boolean takesSample() {
        long now = clock.getAsLong();
        boolean takes = now - lastBegan >= SAMPLE_NANOS;
        lastBegan = takes ? now : lastBegan;
        return takes;
    }

    /**
     * A sample is over.
     *
     * @param waitedNanos what its thread has waited for a processor since it began
     * @param sinceNanos when it began, on the clock
     */
    void ended(long waitedNanos, long sinceNanos) {
        long now = clock.getAsLong();
        wereShort = 2 * waitedNanos >= now - sinceNanos;
        shortUntil = now + validNanos;
    }

    boolean areShort() {
        return wereShort && clock.getAsLong() - shortUntil < 0;
    }
}
