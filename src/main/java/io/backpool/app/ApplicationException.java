package io.backpool.app;

import org.jspecify.annotations.Nullable;

/** The application can't be found, started or closed; the message says what to do about it. */
public final class ApplicationException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    ApplicationException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
