package io.backpool.service.cache;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * An engine of the cache. Every method may block for a bounded time and throws what it likes when
 * the engine is away: {@link PoolCache} goes on without it. Safe for all threads.
 */
interface CacheStore extends AutoCloseable {
    /** What was written under this key; null if nothing is left of it. */
    @Nullable CacheEntry read(String key) throws Exception;

    void write(String key, CacheEntry entry, Duration keep) throws Exception;

    /**
     * Asks to be the one process that computes this key.
     *
     * @return false if another process is at it, which {@code lease} ends at the latest
     */
    boolean claim(String key, Duration lease) throws Exception;

    /** Gives a claim back. */
    void release(String key) throws Exception;

    @Override
    void close();
}
