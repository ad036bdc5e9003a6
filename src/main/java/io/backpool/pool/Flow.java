package io.backpool.pool;

import io.backpool.observe.Traffic;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What was answered in some time. Immutable.
 *
 * @param requests but for those shed
 * @param errors of these, answered with 500 or more
 * @param shed beside these
 * @param buckets how many of all took no longer than each of {@link Traffic#BOUNDS}; empty: it is
 *     not known
 */
record Flow(long requests, long errors, long shed, List<Long> buckets) {
    static final Flow NONE = new Flow(0, 0, 0, List.of());

    /** So many requests say something. */
    static final int ENOUGH = 20;

    /** A member that is faster than that is not slow. */
    private static final Duration SLOW = Duration.ofSeconds(1);

    private static final int TIMES_SLOWER = 5;

    static Flow between(Traffic from, Traffic to) {
        long shed = to.shed() - from.shed();
        return new Flow(
                to.requests() - from.requests() - shed,
                to.errors() - from.errors(),
                shed,
                IntStream.range(0, to.buckets().size())
                        .mapToObj(i -> to.buckets().get(i) - at(from.buckets(), i))
                        .toList());
    }

    Flow plus(Flow other) {
        int length = Math.max(buckets.size(), other.buckets.size());
        return new Flow(
                requests + other.requests,
                errors + other.errors,
                shed + other.shed,
                IntStream.range(0, length)
                        .mapToObj(i -> at(buckets, i) + at(other.buckets, i))
                        .toList());
    }

    /** A member that became known in between, or tells no times, has none. */
    private static long at(List<Long> buckets, int i) {
        return i < buckets.size() ? buckets.get(i) : 0;
    }

    boolean mostlyFails() {
        return requests > 0 && errors * 2 >= requests;
    }

    boolean isKnownToBeWell() {
        return requests >= ENOUGH && errors * 10 < requests;
    }

    /** Whether half of its requests take over a second, and five times as long as others' do. */
    boolean isSlowBeside(Flow others) {
        return !buckets.isEmpty()
                && !others.buckets.isEmpty()
                && longerThan().compareTo(SLOW) >= 0
                && longerThan().compareTo(others.noLongerThan().multipliedBy(TIMES_SLOWER)) >= 0;
    }

    /** Half of the requests took longer. */
    Duration longerThan() {
        int bucket = median();
        return bucket == 0 ? Duration.ZERO : Traffic.BOUNDS.get(bucket - 1);
    }

    /** Half of the requests took no longer; a very long time if that is not known. */
    Duration noLongerThan() {
        int bucket = median();
        return bucket < Traffic.BOUNDS.size() ? Traffic.BOUNDS.get(bucket) : Duration.ofDays(1);
    }

    /** The number of the bucket in which the median is; one more than there are: above them. */
    private int median() {
        long half = (requests + shed + 1) / 2;
        return (int) buckets.stream().takeWhile(count -> count < half).count();
    }
}
