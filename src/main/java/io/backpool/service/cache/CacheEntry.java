package io.backpool.service.cache;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a store keeps for a key, and its form as bytes: version (1), made at (8), failures (1),
 * retry at (8), length of the type (1, 255: no content), type, content. Times are milliseconds
 * since 1970 by the clock of the process that set them. Immutable.
 *
 * @param failures attempts in a row to compute it again
 * @param retryAt no process computes it again before, while it is stale
 */
record CacheEntry(@Nullable Content content, long madeAt, byte failures, long retryAt) {
    private static final byte VERSION = 2;
    private static final int NO_CONTENT = 255;
    private static final int HEAD = 1 + Long.BYTES + 1 + Long.BYTES + 1;

    /** The pause after a failure is one second, then two, four, up to 32. */
    private static final int MAX_DOUBLINGS = 5;

    CacheEntry(@Nullable Content content, long madeAt) {
        this(content, madeAt, (byte) 0, 0);
    }

    /** This one, after an attempt to compute it again failed. */
    CacheEntry failed(long now) {
        int doublings = Math.min(failures, MAX_DOUBLINGS);
        return new CacheEntry(content, madeAt, (byte) (doublings + 1), now + (1000L << doublings));
    }

    /** What the engines agree on: Memcached takes 1 MiB for key, flags and value. */
    static final int MAX_SIZE = 1_000_000;

    /** Clocks of two hosts differ: nothing is younger than new. */
    Duration age(long now) {
        return Duration.ofMillis(Math.max(0, now - madeAt));
    }

    /** Bytes that it takes in a store. */
    int size() {
        return HEAD + (content == null ? 0 : content.type().length() + content.size());
    }

    byte[] encode() {
        byte[] type =
                content == null
                        ? new byte[0]
                        : content.type().getBytes(StandardCharsets.ISO_8859_1);
        ByteBuffer buffer =
                ByteBuffer.allocate(HEAD + type.length + (content == null ? 0 : content.size()))
                        .put(VERSION)
                        .putLong(madeAt)
                        .put(failures)
                        .putLong(retryAt)
                        .put((byte) (content == null ? NO_CONTENT : type.length))
                        .put(type);
        return content == null ? buffer.array() : buffer.put(content.bytes()).array();
    }

    /** The entry; null for bytes of another version or another program. */
    static @Nullable CacheEntry decode(byte @Nullable [] bytes) {
        if (bytes == null || bytes.length < HEAD || bytes[0] != VERSION) {
            return null;
        }
        ByteBuffer buffer = ByteBuffer.wrap(bytes, 1, bytes.length - 1);
        long madeAt = buffer.getLong();
        byte failures = buffer.get();
        long retryAt = buffer.getLong();
        int typeLength = Byte.toUnsignedInt(buffer.get());
        if (typeLength == NO_CONTENT) {
            return new CacheEntry(null, madeAt, failures, retryAt);
        }
        if (buffer.remaining() < typeLength) {
            return null;
        }
        byte[] type = new byte[typeLength];
        buffer.get(type);
        byte[] content = new byte[buffer.remaining()];
        buffer.get(content);
        return new CacheEntry(
                new Content(new String(type, StandardCharsets.ISO_8859_1), content),
                madeAt,
                failures,
                retryAt);
    }
}
