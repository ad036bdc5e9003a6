package io.backpool.service.cache;

/**
 * Counts since the start, as of now.
 *
 * @param engine {@code memory}, {@code redis} or {@code memcached}
 * @param hits answered with something fresh
 * @param staleHits answered with something old while it was computed again
 * @param misses answered with something computed for it
 * @param loads computations; fewer than misses where several asked at once
 * @param failures of the engine: each cost a computation, none a request
 * @param reachable whether the engine did what it was last asked for
 */
public record CacheStats(
        String engine,
        long hits,
        long staleHits,
        long misses,
        long loads,
        long failures,
        boolean reachable) {}
