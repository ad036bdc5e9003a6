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
     * Waits until no request has been in flight for {@code quiet}: httpd may have chosen this
     * member a moment before it was told not to.
     *
     * @return the number that is left when {@code timeout} is over, 0 if none
     */
    public int awaitNone(Duration quiet, Duration timeout) throws InterruptedException {
        long now = System.nanoTime();
        long deadline = now + timeout.toNanos();
        long busy = now;
        while (now - deadline < 0 && now - busy < quiet.toNanos()) {
            Thread.sleep(POLL.toMillis());
            now = System.nanoTime();
            busy = count() > 0 ? now : busy;
        }
        return count();
    }
}
