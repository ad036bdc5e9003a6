package io.backpool.observe;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * What a member answered since its process began, health checks left out; whoever looks twice has
 * rates and percentiles. Immutable.
 *
 * @param requests answered
 * @param errors of these, answered with 500 or more, but for those shed
 * @param shed of these, answered 503 by the member itself, which had too many
 * @param timeouts of these, not answered within {@code limits.request-timeout}
 * @param stuck handlers that run now although their request timed out
 * @param buckets how many took no longer than each of {@link RequestTimer#BUCKETS}, in their order
 */
public record Traffic(
        long requests, long errors, long shed, long timeouts, int stuck, List<Long> buckets) {
    public static final Traffic NONE = new Traffic(0, 0, 0, 0, 0, List.of());

    public Traffic {
        buckets = List.copyOf(buckets);
    }

    /** As one word, for {@link #parse}. */
    public String word() {
        return requests
                + ","
                + errors
                + ","
                + shed
                + ","
                + timeouts
                + ","
                + stuck
                + buckets.stream().map(count -> "," + count).collect(Collectors.joining());
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
                counts.subList(5, counts.size()));
    }
}
