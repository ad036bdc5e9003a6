package io.backpool.service.queue;

import java.time.Duration;
import java.util.List;

/**
 * A server that delivers messages and can't be asked for one. Connects at the first use, and again
 * after a loss. Safe for all threads; all methods block for a bounded time and throw {@link
 * QueueException} if the broker did not do it.
 */
interface Broker extends AutoCloseable {
    /** Returns when the broker has it safely. */
    void publish(String id, byte[] body);

    /** Likewise, to be delivered after {@code delay}. */
    void later(String id, byte[] body, Duration delay);

    /** Queues or topics that are not there; makes none. */
    List<String> missing();

    /** How many messages wait; makes queues and topics that are not there. */
    long depth();

    /** Hands deliveries to {@code attempt}, in that many threads, until the result is closed. */
    Engine.Consumer consume(int threads, Attempt attempt);

    /** Ends what was published here; consumers are closed before. */
    @Override
    void close();
}
