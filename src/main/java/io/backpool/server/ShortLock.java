package io.backpool.server;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

/**
 * A lock that is held for microseconds: who wants it tries again and again. A virtual thread that
 * waits for a monitor leaves its carrier, and comes back when the scheduler gets to it, in a flood
 * after seconds (Java 24 and later, JEP 491); an event loop that waits behind it for the same
 * monitor waits as long. Not reentrant.
 */
final class ShortLock {
    private static final int TRIES = 100;
    private static final long PAUSE_NANOS = 20_000;

    private final AtomicBoolean held = new AtomicBoolean();

    void lock() {
        while (!held.compareAndSet(false, true)) {
            await();
        }
    }

    private void await() {
        for (int i = 0; held.get(); i++) {
            // A virtual thread keeps its carrier: the owner is on another one, or on no carrier.
            if (i < TRIES || VirtualThreads.isCurrent()) {
                Thread.onSpinWait();
            } else {
                LockSupport.parkNanos(PAUSE_NANOS);
            }
        }
    }

    void unlock() {
        held.set(false);
    }
}
