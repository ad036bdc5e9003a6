package io.backpool.service.cache;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Expiry;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The heap of this JVM, at most an eighth of it and 64 MiB. Needs no server, never fails. */
final class CaffeineStore implements CacheStore {
    private static final long MAX_BYTES = 64L << 20;

    private final Cache<String, Kept> entries =
            Caffeine.newBuilder()
                    .maximumWeight(Math.min(MAX_BYTES, Runtime.getRuntime().maxMemory() / 8))
                    .weigher((String key, Kept kept) -> 2 * key.length() + kept.entry.size())
                    .expireAfter(Expiry.writing((String key, Kept kept) -> kept.time))
                    // Evicted by the writing thread: the bound holds at once.
                    .executor(Runnable::run)
                    .build();

    private record Kept(CacheEntry entry, Duration time) {}

    @Override
    public @Nullable CacheEntry read(String key) {
        Kept kept = entries.getIfPresent(key);
        return kept == null ? null : kept.entry;
    }

    @Override
    public void write(String key, CacheEntry entry, Duration keep) {
        entries.put(key, new Kept(entry, keep));
    }

    /** There is no other process here. */
    @Override
    public boolean claim(String key, Duration lease) {
        return true;
    }

    @Override
    public void release(String key) {}

    @Override
    public void close() {
        entries.invalidateAll();
    }
}
