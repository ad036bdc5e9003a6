package io.backpool.doctor;

/** What the doctor was told to look at can't be looked at. The message says what to do. */
public final class DoctorException extends RuntimeException {
    private static final long serialVersionUID = 1;

    DoctorException(String message) {
        super(message);
    }

    DoctorException(String message, Throwable cause) {
        super(message, cause);
    }
}
