package io.backpool.service.queue;

import java.time.Duration;

/**
 * An engine that delivers messages and can't be asked for one. Connects at the first use, and again
 * after a loss. Safe for all threads; all methods block for a bounded time.
 */
interface Broker extends AutoCloseable {
    /**
     * Returns when the broker has it safely.
     *
     * @throws QueueException if it did not say so in time
     */
    void publish(String id, byte[] body);

    /** Likewise, to be delivered after {@code delay}. */
    void later(String id, byte[] body, Duration delay);

    /** Likewise, to where people look. */
    void dead(String id, byte[] body);

    /** Hands deliveries to {@code attempt}, in that many threads, until the result is closed. */
    Consumer consume(int threads, Attempt attempt);

    /** Ends what was published here; consumers are closed before. */
    @Override
    void close();

    /** Deliveries to this process. */
    interface Consumer {
        /** Lets handlers finish, interrupts them, and gives back what is unfinished. */
        void close();
    }
}
