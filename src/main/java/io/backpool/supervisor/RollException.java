package io.backpool.supervisor;

/** A rolling restart can't go on; what was up stays up. */
final class RollException extends Exception {
    private static final long serialVersionUID = 1;

    RollException(String message) {
        super(message);
    }
}
