package io.backpool.service.queue;

import io.backpool.config.ConfigException;
import io.backpool.config.ServiceUrl;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Messages that outlive the process that took them. Each is handled at least once, in no particular
 * order; a handler that must not do its work twice remembers {@link Message#id}. Safe for all
 * threads; all methods block.
 */
public interface Queue extends AutoCloseable {
    /**
     * Returns when the engine has the message safely.
     *
     * @return the id to ask for its state by
     * @throws QueueException if the engine did not say so in time; it may have it nevertheless
     */
    String publish(byte[] body);

    /** What became of a message; null if there never was one, or it was done a week ago. */
    @Nullable MessageStatus find(String id);

    /**
     * Handles messages in threads of this process until the result is closed. Closing lets handlers
     * finish for ten seconds, interrupts them, and gives back what is unfinished.
     *
     * @param threads how many messages at a time; twice as many are fetched ahead at most
     */
    AutoCloseable consume(int threads, MessageHandler handler);

    /** Whether the engine did what it was last asked for; asks it nothing. */
    boolean isReachable();

    /** Counts of this process; asks the engine for the rest. */
    QueueStats stats();

    @Override
    void close();

    /**
     * The queue at {@code queue.url}. Connects when it is first used, not before.
     *
     * @param database where RabbitMQ and Kafka, which can't be asked for one message, have the
     *     states kept: all processes must share it
     * @throws ConfigException if no engine has this scheme or it can't read the rest
     */
    static Queue open(ServiceUrl url, Supplier<DataSource> database) {
        try {
            return switch (url.scheme()) {
                case "sqlite" -> new SqliteQueue(url, Retries.DEFAULT, SqliteQueue.LEASE);
                case "amqp", "amqps" ->
                        BrokerQueue.rabbit(url, new Ledger(database), Retries.DEFAULT);
                case "kafka" -> BrokerQueue.kafka(url, new Ledger(database), Retries.DEFAULT);
                default -> throw new IllegalArgumentException("no such engine");
            };
        } catch (IllegalArgumentException e) {
            throw new ConfigException(
                    "queue.url: was "
                            + url
                            + ", must be sqlite:FILE, amqp://USER:PASSWORD@HOST:PORT/VHOST"
                            + " (amqps:// with TLS) or kafka://HOST:PORT, without user or TLS");
        }
    }
}
