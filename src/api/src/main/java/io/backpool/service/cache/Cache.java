package io.backpool.service.cache;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Keeps what was expensive to compute. However many threads ask for a key that is not there, one
 * computes it and the others wait for it; across processes that is so too, but for engines that are
 * away or slow. Safe for all threads; blocks, so it is called on the blocking pool.
 */
public interface Cache {
    /** Computes a value. */
    @FunctionalInterface
    interface Loader {
        /**
         * Computes it.
         *
         * @return the value; null: there is none, which is kept like a value
         * @throws Exception if it can't be computed; nothing is kept then
         */
        @Nullable Content load() throws Exception;
    }

    /**
     * {@link #get(String, Duration, Duration, Loader)} that serves nothing stale.
     *
     * @param key what the value is kept under
     * @param ttl how old the answer may be, at most a year
     * @param loader computes it
     * @return the value, and how old it is
     * @throws Exception what {@code loader} threw
     */
    default Cached get(String key, Duration ttl, Loader loader) throws Exception {
        return get(key, ttl, Duration.ZERO, loader);
    }

    /**
     * The value of {@code key}, computed if need be. An engine that fails is as good as empty.
     *
     * @param key what the value is kept under
     * @param ttl how old the answer may be, at most a year; less than a millisecond: nothing is
     *     kept
     * @param stale how much older, while one background thread of all processes computes it again;
     *     after a failure it pauses, longer each time
     * @param loader computes it
     * @return the value, and how old it is
     * @throws Exception what {@code loader} threw, to all who waited for it; nothing is kept then
     */
    Cached get(String key, Duration ttl, Duration stale, Loader loader) throws Exception;
}
