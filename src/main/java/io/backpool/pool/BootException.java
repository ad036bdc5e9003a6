package io.backpool.pool;

/** A member can't start as configured, so the pool does not: the message is the member's own. */
public final class BootException extends Exception {
    private static final long serialVersionUID = 1;

    private final int exitCode;

    BootException(int exitCode, String message) {
        super(message);
        this.exitCode = exitCode;
    }

    /** What this process, too, is to end with. */
    public int exitCode() {
        return exitCode;
    }
}
