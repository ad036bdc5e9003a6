package io.backpool.server;

import org.jspecify.annotations.Nullable;

/**
 * What a handler threw, and at which request: Undertow logs an exception without a word of the
 * request but its path.
 */
public final class RequestFailedException extends Exception {
    private static final long serialVersionUID = 1;

    /**
     * @param request as a line of the log names it
     * @param cause what the application threw
     */
    public RequestFailedException(String request, Throwable cause) {
        super(request, cause, true, false);
    }

    /** What the application threw, where {@code thrown} is one of these. */
    public static @Nullable Throwable cause(@Nullable Throwable thrown) {
        return thrown instanceof RequestFailedException failed ? failed.getCause() : thrown;
    }
}
