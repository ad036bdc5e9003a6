package io.backpool.service.queue;

import org.jspecify.annotations.Nullable;

/** The engine does not do what was asked of it. Names it without its password. */
public final class QueueException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /**
     * A failure of the engine.
     *
     * @param message names the engine without its password
     * @param cause null: none
     */
    public QueueException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
