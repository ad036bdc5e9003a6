package io.backpool.service.queue;

import java.nio.ByteBuffer;

/** A message as a handler gets it. Immutable. */
public final class Message {
    private final String id;
    private final byte[] body;
    private final int attempt;

    /**
     * A message.
     *
     * @param id the same in every attempt
     * @param body not copied: the caller gives it away
     * @param attempt 1 for the first
     */
    public Message(String id, byte[] body, int attempt) {
        this.id = id;
        this.body = body;
        this.attempt = attempt;
    }

    /** {@return the same in every attempt and every duplicate} */
    public String id() {
        return id;
    }

    /** {@return the body, a view of its own for each caller} */
    public ByteBuffer body() {
        return ByteBuffer.wrap(body).asReadOnlyBuffer();
    }

    /** {@return which attempt this is, 1 for the first} */
    public int attempt() {
        return attempt;
    }
}
