package io.backpool.service.queue;

import java.util.Locale;

/** Where a message is. */
public enum MessageState {
    /** Waits for a handler, perhaps for a later attempt. */
    QUEUED,
    /** A handler has it. */
    PROCESSING,
    /** A handler returned. */
    DONE,
    /** Every attempt failed; it is kept for people to look at. */
    DEAD;

    /** {@return the state in small letters, as users of HTTP and SQL see it} */
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }
}
