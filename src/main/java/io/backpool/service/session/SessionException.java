package io.backpool.service.session;

/**
 * The sessions' engine is away: nobody's session is lost for it, but none can be read now. To be
 * answered with 503. Names the engine without its password.
 */
public final class SessionException extends RuntimeException {
    private static final long serialVersionUID = 1;

    SessionException(String message, Throwable cause) {
        super(message, cause);
    }
}
