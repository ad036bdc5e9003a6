package io.backpool.service.queue;

import java.nio.ByteBuffer;

/** A message as a handler gets it. Immutable. */
public final class Message {
    private final String id;
    private final byte[] body;
    private final int attempt;

    Message(String id, byte[] body, int attempt) {
        this.id = id;
        this.body = body;
        this.attempt = attempt;
    }

    /** The same in every attempt and every duplicate. */
    public String id() {
        return id;
    }

    /** A view of its own for each caller. */
    public ByteBuffer body() {
        return ByteBuffer.wrap(body).asReadOnlyBuffer();
    }

    /** 1 for the first. */
    public int attempt() {
        return attempt;
    }
}
