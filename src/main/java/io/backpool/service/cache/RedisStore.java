package io.backpool.service.cache;

import io.backpool.config.ServiceUrl;
import io.backpool.engine.RedisLink;
import io.lettuce.core.SetArgs;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Redis, alone, behind Sentinels or as a cluster, over one connection that all threads share. */
final class RedisStore implements CacheStore {
    private static final Duration TIMEOUT = Duration.ofMillis(500);
    private static final byte[] LOCKED = {1};

    private final RedisLink redis;
    private final String prefix;
    private final String lockPrefix;

    RedisStore(ServiceUrl url, String name) {
        redis = new RedisLink(url.withSecrets(), TIMEOUT);
        prefix = "backpool:" + name + ":cache:";
        lockPrefix = "backpool:" + name + ":cache-lock:";
    }

    @Override
    public @Nullable CacheEntry read(String key) {
        return CacheEntry.decode(redis.call(commands -> commands.get(prefix + key)));
    }

    @Override
    public void write(String key, CacheEntry entry, Duration keep) {
        SetArgs expiring = SetArgs.Builder.px(keep);
        redis.call(commands -> commands.set(prefix + key, entry.encode(), expiring));
    }

    @Override
    public boolean claim(String key, Duration lease) {
        SetArgs unlessThere = SetArgs.Builder.nx().px(lease);
        return redis.call(commands -> commands.set(lockPrefix + key, LOCKED, unlessThere)) != null;
    }

    @Override
    public void release(String key) {
        redis.call(commands -> commands.del(lockPrefix + key));
    }

    @Override
    public void close() {
        redis.close();
    }
}
