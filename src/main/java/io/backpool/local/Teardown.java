package io.backpool.local;

import java.util.ArrayDeque;
import java.util.Deque;

/** What was opened, to be closed in reverse, past every failure. Guarded by itself. */
final class Teardown {
    private final Deque<AutoCloseable> opened = new ArrayDeque<>();

    synchronized <T extends AutoCloseable> T add(T part) {
        opened.push(part);
        return part;
    }

    /** Closes everything once; what fails is suppressed by {@code failure}. */
    synchronized void closeAfter(Exception failure) {
        while (!opened.isEmpty()) {
            try {
                opened.pop().close();
            } catch (Exception e) {
                failure.addSuppressed(e);
            }
        }
    }
}
