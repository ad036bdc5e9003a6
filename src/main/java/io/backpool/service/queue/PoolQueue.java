package io.backpool.service.queue;

import io.backpool.config.ConfigException;
import io.backpool.config.QueueConfig;
import java.util.List;
import java.util.function.Supplier;
import javax.sql.DataSource;

/**
 * The queue as those see it who run the pool. Safe for all threads; all methods but {@link #stats}
 * and {@link #isReachable} block.
 */
public interface PoolQueue extends Queue, AutoCloseable {
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
    static PoolQueue open(QueueConfig config, Supplier<DataSource> database) {
        return Engines.open(config, database, Retries.DEFAULT);
    }
}
