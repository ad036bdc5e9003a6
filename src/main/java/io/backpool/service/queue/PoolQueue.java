package io.backpool.service.queue;

import io.backpool.config.ConfigException;
import io.backpool.config.QueueConfig;
import io.backpool.engine.EngineWatch;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * The queue at {@code queue.url}, on any {@link Engine}, as those see it who run the pool: counts,
 * watches the engine, and ends in order. Safe for all threads; all methods but {@link #stats} and
 * {@link #isReachable} block.
 */
public final class PoolQueue implements Queue, AutoCloseable {
    private final Engine engine;
    private final Counters counters;
    private final EngineWatch watch;
    private final List<Engine.Consumer> consumers = new CopyOnWriteArrayList<>();

    private PoolQueue(Engine engine, Counters counters) {
        this.engine = engine;
        this.counters = counters;
        this.watch = new EngineWatch("queue", engine::depth, counters.reachability());
    }

    /**
     * The queue that is configured. Connects when it is first used, not before.
     *
     * @param database where RabbitMQ and Kafka, which can't be asked for one message, have the
     *     states kept: all processes must share it
     * @throws ConfigException if no engine has this scheme or it can't read the rest
     */
    public static PoolQueue open(QueueConfig config, Supplier<DataSource> database) {
        return open(config, database, Retries.DEFAULT);
    }

    static PoolQueue open(QueueConfig config, Supplier<DataSource> database, Retries retries) {
        var counters = new Counters(config.url());
        try {
            return new PoolQueue(engine(config, database, retries, counters), counters);
        } catch (IllegalArgumentException e) {
            throw new ConfigException(
                    "queue.url: was "
                            + config.url()
                            + ", must be sqlite:FILE, amqp://USER:PASSWORD@HOST:PORT/VHOST or"
                            + " kafka://USER:PASSWORD@HOST:PORT,HOST:PORT (amqps:// and kafkas://"
                            + " with TLS): "
                            + e.getMessage());
        }
    }

    private static Engine engine(
            QueueConfig config, Supplier<DataSource> database, Retries retries, Counters counters) {
        Broker broker;
        switch (config.url().scheme()) {
            case "sqlite" -> {
                return new SqliteEngine(config, retries, counters);
            }
            case "amqp", "amqps" -> broker = new Rabbit(config, retries, counters);
            case "kafka", "kafkas" -> broker = new Kafka(config, retries, counters);
            default -> throw new IllegalArgumentException("no such engine");
        }
        var states = new MessageStates(config, database, counters);
        return new BrokerEngine(broker, states, retries, counters);
    }

    @Override
    public String publish(byte[] body) {
        String id = UUID.randomUUID().toString();
        engine.publish(id, body);
        counters.published.increment();
        return id;
    }

    @Override
    public @Nullable MessageStatus find(String id) {
        return engine.find(id);
    }

    @Override
    public AutoCloseable consume(int threads, MessageHandler handler) {
        watch.start();
        Engine.Consumer consumer = engine.consume(threads, handler);
        consumers.add(consumer);
        return () -> {
            consumers.remove(consumer);
            consumer.close();
        };
    }

    /** Up to {@code limit} messages that were given up, the latest first. */
    public List<DeadMessage> dead(int limit) {
        return engine.dead(limit);
    }

    /** Queues a dead message again, as if it had never been tried; false if there is none. */
    public boolean retry(String id) {
        return engine.retry(id);
    }

    /** Deletes a dead message; false if there is none. */
    public boolean drop(String id) {
        return engine.drop(id);
    }

    /** Whether the engine did what it was last asked for; asks it nothing. */
    public boolean isReachable() {
        return watch.isReachable();
    }

    /** Counts of this process, and what the engine said last; asks it nothing. */
    public QueueStats stats() {
        watch.start();
        return counters.stats(watch.answer());
    }

    /**
     * Connects; makes nothing.
     *
     * @return for people: how many messages wait, or what the first use will make
     * @throws QueueException if the engine does not answer in time
     */
    public String connect() {
        List<String> missing = engine.missing();
        return missing.isEmpty()
                ? "answers, " + engine.depth() + " messages wait"
                : "answers, "
                        + String.join(", ", missing)
                        + (missing.size() == 1 ? " is" : " are")
                        + " not there yet: made at the first use";
    }

    /** Closes all that {@link #consume} began, at the same time. */
    public void endConsumers() {
        consumers.parallelStream().forEach(Engine.Consumer::close);
        consumers.clear();
    }

    @Override
    public void close() {
        endConsumers();
        watch.close();
        engine.close();
    }
}
