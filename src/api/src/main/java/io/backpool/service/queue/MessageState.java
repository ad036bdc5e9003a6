package io.backpool.service.queue;

import java.util.Locale;

/**
 * Where a message is, the same in every engine.
 *
 * <pre>
 *   publish
 *      |
 *      v     a handler gets it               returns
 *   QUEUED ---------------------> PROCESSING --------> DONE ---> forgotten after queue.keep-done
 *    ^  ^                          |  ^   |
 *    |  |   throws, is interrupted |  |   | its process dies: the next attempt begins
 *    |  +--------------------------+  +---+
 *    |                             |
 *    |                             | throws, or its process dies, in the last attempt
 *    |         queue retry         v
 *    +--------------------------- DEAD ---> queue drop: forgotten
 * </pre>
 */
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
