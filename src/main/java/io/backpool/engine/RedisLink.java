package io.backpool.engine;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.codec.StringCodec;
import java.net.URI;
import java.time.Duration;

/**
 * One connection to Redis that all threads share. Connects at the first use; a connection that was
 * lost comes back by itself, and until then every command fails at once.
 */
public final class RedisLink implements AutoCloseable {
    private final RedisClient client;
    private final Shared<StatefulRedisConnection<String, byte[]>, RedisException> connection =
            new Shared<>(this::connect);

    /**
     * Does not connect.
     *
     * @param timeout of a connection and of each command that is waited for
     */
    public RedisLink(URI url, Duration timeout) {
        RedisURI uri = RedisURI.create(url);
        uri.setTimeout(timeout);
        client = RedisClient.create(uri);
        client.setOptions(
                ClientOptions.builder()
                        .disconnectedBehavior(ClientOptions.DisconnectedBehavior.REJECT_COMMANDS)
                        .socketOptions(SocketOptions.builder().connectTimeout(timeout).build())
                        .build());
    }

    /** The connection, made at the first call. */
    public StatefulRedisConnection<String, byte[]> connection() {
        return connection.get();
    }

    @Override
    public void close() {
        client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
    }

    private StatefulRedisConnection<String, byte[]> connect() {
        return client.connect(RedisCodec.of(StringCodec.UTF8, ByteArrayCodec.INSTANCE));
    }
}
