package io.backpool.server;

/** A member can't be opened as configured. The message tells the operator what to do. */
public final class ServerException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public ServerException(String message, Throwable cause) {
        super(message, cause);
    }
}
