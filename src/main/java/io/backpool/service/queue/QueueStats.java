package io.backpool.service.queue;

/**
 * Counts of this process since its start, and the depth.
 *
 * @param engine {@code sqlite}, {@code amqp} or {@code kafka}
 * @param done handled
 * @param retried attempts that failed and will be followed by another
 * @param dead given up
 * @param duplicates delivered again after they were done, and not handled again
 * @param depth messages of all processes that wait; -1 while the engine does not say
 * @param reachable whether the engine did what it was last asked for
 */
public record QueueStats(
        String engine,
        long published,
        long done,
        long retried,
        long dead,
        long duplicates,
        long depth,
        boolean reachable) {}
