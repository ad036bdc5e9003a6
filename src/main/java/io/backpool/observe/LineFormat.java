package io.backpool.observe;

import java.time.Instant;

/** How a finished request becomes a line. Used by one thread. */
interface LineFormat {
    /**
     * Appends a whole line.
     *
     * @param begun when the request's head came
     */
    void write(LogLine line, Instant begun, LineBuffer out);
}
