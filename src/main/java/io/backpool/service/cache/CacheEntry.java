package io.backpool.service.cache;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a store keeps for a key, and its form as bytes: version (1), made at (8, milliseconds since
 * 1970), length of the type (1, 255: no content), type, content. Immutable.
 *
 * @param madeAt milliseconds since 1970 by the clock of whoever computed it
 */
record CacheEntry(@Nullable Content content, long madeAt) {
    private static final byte VERSION = 1;
    private static final int NO_CONTENT = 255;
    private static final int HEAD = 1 + Long.BYTES + 1;

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
        if (content == null) {
            return ByteBuffer.allocate(HEAD)
                    .put(VERSION)
                    .putLong(madeAt)
                    .put((byte) NO_CONTENT)
                    .array();
        }
        byte[] type = content.type().getBytes(StandardCharsets.ISO_8859_1);
        return ByteBuffer.allocate(HEAD + type.length + content.size())
                .put(VERSION)
                .putLong(madeAt)
                .put((byte) type.length)
                .put(type)
                .put(content.bytes())
                .array();
    }

    /** The entry; null for bytes of another version or another program. */
    static @Nullable CacheEntry decode(byte @Nullable [] bytes) {
        if (bytes == null || bytes.length < HEAD || bytes[0] != VERSION) {
            return null;
        }
        ByteBuffer buffer = ByteBuffer.wrap(bytes, 1, bytes.length - 1);
        long madeAt = buffer.getLong();
        int typeLength = Byte.toUnsignedInt(buffer.get());
        if (typeLength == NO_CONTENT) {
            return new CacheEntry(null, madeAt);
        }
        if (buffer.remaining() < typeLength) {
            return null;
        }
        byte[] type = new byte[typeLength];
        buffer.get(type);
        byte[] content = new byte[buffer.remaining()];
        buffer.get(content);
        return new CacheEntry(
                new Content(new String(type, StandardCharsets.ISO_8859_1), content), madeAt);
    }
}
