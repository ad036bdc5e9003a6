package io.backpool.server;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Stream;

/** Counts what becomes of one member's requests for blocking work. Safe for all threads. */
final class AdmissionCounts {
    private final LongAdder waiting = new LongAdder();
    private final LongAdder admitted = new LongAdder();
    private final LongAdder queued = new LongAdder();
    private final LongAdder waitNanos = new LongAdder();
    private final LongAdder[] waits =
            Stream.generate(LongAdder::new)
                    .limit(AdmissionStats.BUCKETS_MILLIS.size() + 1)
                    .toArray(LongAdder[]::new);

    /** For every limit; not changed. */
    private final Map<Limit, LongAdder> shed = new EnumMap<>(Limit.class);

    AdmissionCounts() {
        for (Limit limit : Limit.values()) {
            shed.put(limit, new LongAdder());
        }
    }

    void came() {
        waiting.increment();
    }

    void began(long nanos, boolean hadToWait) {
        waiting.decrement();
        (hadToWait ? queued : admitted).increment();
        waits[AdmissionStats.bucket(nanos)].increment();
        waitNanos.add(nanos);
    }

    void shed(Limit limit) {
        waiting.decrement();
        refused(limit);
    }

    /** One that never waited. */
    void refused(Limit limit) {
        Objects.requireNonNull(shed.get(limit)).increment();
    }

    int waiting() {
        return waiting.intValue();
    }

    AdmissionStats stats(int limit) {
        Map<Limit, Long> shedBy = new EnumMap<>(Limit.class);
        shed.forEach((met, count) -> shedBy.put(met, count.sum()));
        return new AdmissionStats(
                limit,
                waiting(),
                admitted.sum(),
                queued.sum(),
                shedBy,
                Arrays.stream(waits).map(LongAdder::sum).toList(),
                waitNanos.sum());
    }
}
