package io.backpool.observe;

/** The pool refuses a change: a {@link ControlError}, with its details. */
public final class ControlException extends Exception {
    private static final long serialVersionUID = 1;

    private final int status;

    ControlException(int status, String message) {
        super(message);
        this.status = status;
    }

    /** Of the HTTP answer. */
    public int status() {
        return status;
    }
}
