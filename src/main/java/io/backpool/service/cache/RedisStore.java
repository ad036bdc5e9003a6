package io.backpool.service.cache;

import io.backpool.config.ServiceUrl;
import io.backpool.engine.RedisLink;
import io.lettuce.core.SetArgs;
import io.lettuce.core.api.sync.RedisCommands;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Redis over one connection that all threads share. */
final class RedisStore implements CacheStore {
    private static final Duration TIMEOUT = Duration.ofMillis(500);
    private static final String PREFIX = "backpool:cache:";
    private static final String LOCK_PREFIX = "backpool:cache-lock:";
    private static final byte[] LOCKED = {1};

    private final RedisLink redis;

    RedisStore(ServiceUrl url) {
        redis = new RedisLink(url.uri(), TIMEOUT);
    }

    @Override
    public @Nullable CacheEntry read(String key) {
        return CacheEntry.decode(commands().get(PREFIX + key));
    }

    @Override
    public void write(String key, CacheEntry entry, Duration keep) {
        commands().set(PREFIX + key, entry.encode(), SetArgs.Builder.px(keep));
    }

    @Override
    public boolean claim(String key, Duration lease) {
        SetArgs unlessThere = SetArgs.Builder.nx().px(lease);
        return commands().set(LOCK_PREFIX + key, LOCKED, unlessThere) != null;
    }

    @Override
    public void release(String key) {
        commands().del(LOCK_PREFIX + key);
    }

    @Override
    public void close() {
        redis.close();
    }

    private RedisCommands<String, byte[]> commands() {
        return redis.connection().sync();
    }
}
