package io.backpool.observe;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/**
 * What a member answered since its process began, health checks left out; two samples give rates
 * and percentiles. Immutable.
 *
 * @param requests answered
 * @param errors of these, answered with 500 or more, but for those shed
 * @param shed of these, answered 503 by the member itself, which had too many
 * @param timeouts of these, not answered within {@code limits.request-timeout}
 * @param stuck handlers that run now although their request timed out
 * @param load what it has to do now
 * @param buckets how many took no longer than each of {@link RequestTimer#BUCKETS}, in their order
 */
public record Traffic(
        long requests,
        long errors,
        long shed,
        long timeouts,
        int stuck,
        Load load,
        List<Long> buckets) {
    public static final Traffic NONE = new Traffic(0, 0, 0, 0, 0, Load.NONE, List.of());

    /** Longest time of a request in each of the {@link #buckets}. */
    public static final List<Duration> BOUNDS = List.of(RequestTimer.BUCKETS);

    public Traffic {
        buckets = List.copyOf(buckets);
    }

    /** As one word, for {@link #parse}. */
    public String word() {
        var fixed =
                LongStream.of(
                        requests,
                        errors,
                        shed,
                        timeouts,
                        stuck,
                        load.queue(),
                        load.limit(),
                        load.threads(),
                        load.maxThreads(),
                        load.memory(),
                        load.maxMemory());
        return LongStream.concat(fixed, buckets.stream().mapToLong(Long::longValue))
                .mapToObj(Long::toString)
                .collect(Collectors.joining(","));
    }

    /**
     * What {@link #word} made.
     *
     * @throws NumberFormatException if it is nothing like it
     * @throws IndexOutOfBoundsException if there is too little of it
     */
    public static Traffic parse(String word) {
        List<Long> counts = Arrays.stream(word.split(",", -1)).map(Long::valueOf).toList();
        return new Traffic(
                counts.get(0),
                counts.get(1),
                counts.get(2),
                counts.get(3),
                Math.toIntExact(counts.get(4)),
                new Load(
                        Math.toIntExact(counts.get(5)),
                        Math.toIntExact(counts.get(6)),
                        Math.toIntExact(counts.get(7)),
                        Math.toIntExact(counts.get(8)),
                        counts.get(9),
                        counts.get(10)),
                counts.subList(11, counts.size()));
    }
}
