package io.backpool.service.queue;

import io.backpool.config.ConfigException;
import io.backpool.config.QueueConfig;
import java.util.List;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Messages that outlive the process that took them. Each is handled at least once, in no particular
 * order; a handler that must not do its work twice remembers {@link Message#id}. Safe for all
 * threads; all methods but {@link #stats} and {@link #isReachable} block.
 */
public interface Queue extends AutoCloseable {
    /**
     * Returns when the engine has the message safely.
     *
     * @return the id to ask for its state by
     * @throws QueueException if the engine did not say so in time; it may have it nevertheless
     */
    String publish(byte[] body);

    /** What became of a message; null if there never was one, or it was done too long ago. */
    @Nullable MessageStatus find(String id);

    /**
     * Handles messages in threads of this process until the result is closed. Closing lets handlers
     * finish for {@code pool.drain-timeout}, interrupts them, and gives back what is unfinished.
     *
     * @param threads how many messages at a time
     */
    AutoCloseable consume(int threads, MessageHandler handler);

    /** Up to {@code limit} messages that were given up, the latest first. */
    List<DeadMessage> dead(int limit);

    /** Queues a dead message again, as if it had never been tried; false if there is none. */
    boolean retry(String id);

    /** Deletes a dead message; false if there is none. */
    boolean drop(String id);

    /** Whether the engine did what it was last asked for; asks it nothing. */
    boolean isReachable();

    /** Counts of this process, and what the engine said last; asks it nothing. */
    QueueStats stats();

    /**
     * Connects; makes nothing.
     *
     * @return for people: how many messages wait, or what the first use will make
     * @throws QueueException if the engine does not answer in time
     */
    String connect();

    /** Closes all that {@link #consume} began, at the same time. */
    void endConsumers();

    @Override
    void close();

    /**
     * The queue that is configured. Connects when it is first used, not before.
     *
     * @param database where RabbitMQ and Kafka, which can't be asked for one message, have the
     *     states kept: all processes must share it
     * @throws ConfigException if no engine has this scheme or it can't read the rest
     */
    static Queue open(QueueConfig config, Supplier<DataSource> database) {
        return Engines.open(config, database, Retries.DEFAULT);
    }
}
