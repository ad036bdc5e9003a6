package io.backpool.server;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * One member's requests for blocking work since it was opened.
 *
 * @param limit how many of the process may be at work at once; 0 without a limit
 * @param waiting wait for their turn now
 * @param admitted a thread was called for each when it came
 * @param queued had to wait for others before a thread was called
 * @param shedBy answered 503, by the limit that they met
 * @param waits how many waited no longer than each of {@link #BUCKETS_MILLIS} before they began, in
 *     their order, then how many waited longer; not added up
 * @param waitNanos of all that began
 */
public record AdmissionStats(
        int limit,
        int waiting,
        long admitted,
        long queued,
        Map<Limit, Long> shedBy,
        List<Long> waits,
        long waitNanos) {
    /** Upper ends of the buckets of {@code waits}. */
    public static final List<Integer> BUCKETS_MILLIS =
            List.of(1, 2, 5, 10, 25, 50, 100, 250, 500, 1000);

    public AdmissionStats {
        shedBy = shedBy.isEmpty() ? Map.of() : new EnumMap<>(shedBy);
        waits = List.copyOf(waits);
    }

    /** Answered 503. */
    public long shed() {
        return shedBy.values().stream().mapToLong(Long::longValue).sum();
    }

    /** The place in {@code waits} of a wait. */
    static int bucket(long nanos) {
        int bucket = 0;
        while (bucket < Buckets.NANOS.length && nanos > Buckets.NANOS[bucket]) {
            bucket++;
        }
        return bucket;
    }

    /** As an array of long: looked at by every request. */
    private static final class Buckets {
        static final long[] NANOS =
                BUCKETS_MILLIS.stream().mapToLong(millis -> millis * 1_000_000L).toArray();
    }
}
