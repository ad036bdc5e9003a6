package io.backpool.server;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Counts the requests that a member has begun and not finished: the truth that a leaving member
 * waits for (httpd's {@code busy} leaks when one of its children is killed). Safe for all threads.
 */
public final class InFlight {
    private static final Duration POLL = Duration.ofMillis(20);

    private final AtomicInteger requests = new AtomicInteger();

    void enter() {
        requests.incrementAndGet();
    }

    void leave() {
        requests.decrementAndGet();
    }

    public int count() {
        return requests.get();
    }

    /**
     * Waits until no request is in flight.
     *
     * @return the number that is left when {@code timeout} is over, 0 if none
     */
    public int awaitNone(Duration timeout) throws InterruptedException {
        long deadline = System.nanoTime() + timeout.toNanos();
        while (count() > 0 && System.nanoTime() - deadline < 0) {
            Thread.sleep(POLL.toMillis());
        }
        return count();
    }
}
