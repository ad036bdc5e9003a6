package io.backpool.service.cache;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Bytes and what they are. Immutable: the bytes are handed out to read only. */
public final class Content {
    private final String type;
    private final byte[] bytes;

    /**
     * What a loader computed.
     *
     * @param type the media type, at most 254 letters
     * @param bytes not copied: the caller gives them away
     */
    public Content(String type, byte[] bytes) {
        if (type.length() > 254) {
            throw new IllegalArgumentException("A content type of " + type.length() + " letters");
        }
        this.type = type;
        this.bytes = bytes;
    }

    /**
     * Text in UTF-8.
     *
     * @param text of any length
     * @return it as {@code text/plain}
     */
    public static Content text(String text) {
        return new Content("text/plain; charset=utf-8", text.getBytes(StandardCharsets.UTF_8));
    }

    /** {@return the media type} */
    public String type() {
        return type;
    }

    /** {@return how many bytes there are} */
    public int size() {
        return bytes.length;
    }

    /** {@return the bytes, a view of its own for each caller} */
    public ByteBuffer bytes() {
        return ByteBuffer.wrap(bytes).asReadOnlyBuffer();
    }
}
