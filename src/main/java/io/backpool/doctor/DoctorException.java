package io.backpool.doctor;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** What the doctor is to look at can't be looked at. The message says what to do. */
public final class DoctorException extends RuntimeException {
    private static final long serialVersionUID = 1;

    DoctorException(String message) {
        super(message);
    }

    static DoctorException unreadable(Path file, @Nullable Throwable cause) {
        return new DoctorException(
                "cannot read "
                        + file
                        + ": is the path right? If only its owner may read it: sudo java -jar"
                        + " backend.jar doctor ...",
                cause);
    }

    DoctorException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
