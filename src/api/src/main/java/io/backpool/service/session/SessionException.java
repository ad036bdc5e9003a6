package io.backpool.service.session;

/**
 * The sessions' engine is away: no session is lost for it, but none can be read now. To be answered
 * with 503. Names the engine without its password.
 */
public final class SessionException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /**
     * A failure of the engine.
     *
     * @param message names the engine without its password
     * @param cause what the engine's client threw
     */
    public SessionException(String message, Throwable cause) {
        super(message, cause);
    }
}
