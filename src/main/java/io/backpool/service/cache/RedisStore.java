package io.backpool.service.cache;

import io.backpool.config.ServiceUrl;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SetArgs;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.codec.StringCodec;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Redis over one connection that all threads share. Connects at the first use; a connection that
 * was lost comes back by itself, and until then every command fails at once.
 */
final class RedisStore implements CacheStore {
    private static final Duration TIMEOUT = Duration.ofMillis(500);
    private static final String PREFIX = "backpool:cache:";
    private static final String LOCK_PREFIX = "backpool:cache-lock:";
    private static final byte[] LOCKED = {1};

    private final RedisClient client;

    /** Guarded by this; null until Redis was reached once. */
    private @Nullable StatefulRedisConnection<String, byte[]> connection;

    RedisStore(ServiceUrl url) {
        RedisURI uri = RedisURI.create(url.uri());
        uri.setTimeout(TIMEOUT);
        client = RedisClient.create(uri);
        client.setOptions(
                ClientOptions.builder()
                        .disconnectedBehavior(ClientOptions.DisconnectedBehavior.REJECT_COMMANDS)
                        .build());
    }

    @Override
    public @Nullable CacheEntry read(String key) {
        return CacheEntry.decode(connection().sync().get(PREFIX + key));
    }

    @Override
    public void write(String key, CacheEntry entry, Duration keep) {
        connection().sync().set(PREFIX + key, entry.encode(), SetArgs.Builder.px(keep));
    }

    @Override
    public boolean claim(String key, Duration lease) {
        SetArgs unlessThere = SetArgs.Builder.nx().px(lease);
        return connection().sync().set(LOCK_PREFIX + key, LOCKED, unlessThere) != null;
    }

    @Override
    public void release(String key) {
        connection().sync().del(LOCK_PREFIX + key);
    }

    @Override
    public void close() {
        client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
    }

    private synchronized StatefulRedisConnection<String, byte[]> connection() {
        if (connection == null) {
            connection = client.connect(RedisCodec.of(StringCodec.UTF8, ByteArrayCodec.INSTANCE));
        }
        return connection;
    }
}
