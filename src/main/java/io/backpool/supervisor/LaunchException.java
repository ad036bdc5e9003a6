package io.backpool.supervisor;

/**
 * What members are to run can't be used: its settings, our jar or the application's. The message
 * has every mistake, and what to do.
 */
public final class LaunchException extends Exception {
    private static final long serialVersionUID = 1;

    LaunchException(String message) {
        super(message);
    }
}
