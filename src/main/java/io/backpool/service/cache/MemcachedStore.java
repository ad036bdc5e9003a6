package io.backpool.service.cache;

import io.backpool.config.ServiceUrl;
import io.backpool.config.Sha256;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import net.rubyeye.xmemcached.MemcachedClient;
import net.rubyeye.xmemcached.XMemcachedClientBuilder;
import net.rubyeye.xmemcached.exception.MemcachedException;
import net.rubyeye.xmemcached.transcoders.CachedData;
import net.rubyeye.xmemcached.transcoders.PrimitiveTypeTranscoder;
import net.rubyeye.xmemcached.transcoders.Transcoder;
import org.jspecify.annotations.Nullable;

/**
 * Memcached over one connection that all threads share. Connects at the first use and again by
 * itself.
 */
final class MemcachedStore implements CacheStore {
    private static final long TIMEOUT_MILLIS = 500;
    private static final int PORT = 11211;
    private static final byte[] LOCKED = {1};

    /** What the text protocol takes as a key, with our prefix; the rest is hashed. */
    private static final Pattern PLAIN_KEY = Pattern.compile("[!-~]{1,200}");

    private final InetSocketAddress address;
    private final String prefix;
    private final String lockPrefix;

    /** Guarded by this; null until it is first used. */
    private @Nullable MemcachedClient client;

    MemcachedStore(ServiceUrl url, String name) {
        prefix = "backpool:" + name + ":";
        lockPrefix = "backpool-lock:" + name + ":";
        URI uri = url.uri();
        address = new InetSocketAddress(uri.getHost(), uri.getPort() < 0 ? PORT : uri.getPort());
    }

    @Override
    public @Nullable CacheEntry read(String key) throws Exception {
        return CacheEntry.decode(client().get(prefix + safe(key), TIMEOUT_MILLIS, BYTES));
    }

    @Override
    public void write(String key, CacheEntry entry, Duration keep) throws Exception {
        client().set(prefix + safe(key), seconds(keep), entry.encode(), BYTES, TIMEOUT_MILLIS);
    }

    @Override
    public boolean claim(String key, Duration lease)
            throws IOException, TimeoutException, InterruptedException, MemcachedException {
        return client().add(lockPrefix + safe(key), seconds(lease), LOCKED, BYTES, TIMEOUT_MILLIS);
    }

    @Override
    public void release(String key) throws Exception {
        client().delete(lockPrefix + safe(key), TIMEOUT_MILLIS);
    }

    @Override
    public synchronized void close() {
        if (client == null) {
            return;
        }
        try {
            client.shutdown();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException("Cannot close Memcached's client", e);
        }
    }

    private synchronized MemcachedClient client() throws IOException {
        if (client == null) {
            var builder = new XMemcachedClientBuilder(List.of(address));
            builder.setOpTimeout(TIMEOUT_MILLIS);
            builder.setConnectTimeout(TIMEOUT_MILLIS);
            builder.setHealSessionInterval(TIMEOUT_MILLIS);
            client = builder.build();
            // The least that it takes: then it connects anew.
            client.setTimeoutExceptionThreshold(2);
        }
        return client;
    }

    /** Memcached counts in seconds and takes more than 30 days for a date. */
    private static int seconds(Duration keep) {
        return (int) Math.min(Duration.ofDays(30).toSeconds(), keep.plusMillis(999).toSeconds());
    }

    private static String safe(String key) {
        return PLAIN_KEY.matcher(key).matches()
                ? key
                : "sha256:" + Sha256.hex(key.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Bytes as they are: the client's own transcoder would choose a type, compress and deserialise.
     */
    private static final Transcoder<byte[]> BYTES =
            new PrimitiveTypeTranscoder<>() {
                @Override
                public CachedData encode(byte[] bytes) {
                    return new CachedData(0, bytes);
                }

                @Override
                public byte[] decode(CachedData data) {
                    return data.getData();
                }
            };
}
