package io.backpool.server;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

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
    private long sampled;
    private long shortUntil;

    /**
     * They are not short, as far as is known.
     *
     * @param validNanos for how long the last sample is believed
     */
    Processors(long validNanos, long now) {
        this.validNanos = validNanos;
        this.sampled = now - SAMPLE_NANOS;
        this.shortUntil = now;
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
    boolean takesSample(long now) {
        boolean takes = now - sampled >= SAMPLE_NANOS;
        sampled = takes ? now : sampled;
        return takes;
    }

    /** A sample is over. */
    void sampled(long waitedNanos, long tookNanos, long now) {
        shortUntil = 2 * waitedNanos >= tookNanos ? now + validNanos : now;
    }

    boolean areShort(long now) {
        return now - shortUntil < 0;
    }
}
