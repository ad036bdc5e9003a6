package io.backpool.service.queue;

import io.backpool.config.ServiceUrl;
import java.sql.SQLException;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * A queue on RabbitMQ or Kafka: the broker has the messages, the {@link Ledger} what became of
 * them. Safe for all threads.
 */
final class BrokerQueue implements Queue {
    private final Broker broker;
    private final Ledger ledger;
    private final Retries retries;
    private final Counters counters;
    private final List<Broker.Consumer> consumers = new CopyOnWriteArrayList<>();

    private BrokerQueue(Broker broker, Ledger ledger, Retries retries, Counters counters) {
        this.broker = broker;
        this.ledger = ledger;
        this.retries = retries;
        this.counters = counters;
    }

    static BrokerQueue rabbit(ServiceUrl url, Ledger ledger, Retries retries) {
        var counters = new Counters(url);
        return new BrokerQueue(new Rabbit(url, retries, counters), ledger, retries, counters);
    }

    static BrokerQueue kafka(ServiceUrl url, Ledger ledger, Retries retries) {
        var counters = new Counters(url);
        return new BrokerQueue(new Kafka(url, counters), ledger, retries, counters);
    }

    @Override
    public String publish(byte[] body) {
        String id = UUID.randomUUID().toString();
        try {
            ledger.queued(id);
        } catch (SQLException e) {
            throw new QueueException(
                    "The database that keeps the messages' states can't be used: " + e.getMessage(),
                    e);
        }
        try {
            broker.publish(id, body);
        } catch (QueueException e) {
            forget(id, e);
            throw e;
        }
        counters.published.increment();
        return id;
    }

    @Override
    public @Nullable MessageStatus find(String id) {
        try {
            return ledger.find(id);
        } catch (SQLException e) {
            throw new QueueException("No state of " + id + ": " + e.getMessage(), e);
        }
    }

    @Override
    public AutoCloseable consume(int threads, MessageHandler handler) {
        var attempt = new Attempt(ledger, retries, handler, counters, broker);
        Broker.Consumer consumer = broker.consume(threads, attempt);
        consumers.add(consumer);
        return () -> {
            consumers.remove(consumer);
            consumer.close();
        };
    }

    @Override
    public boolean isReachable() {
        return counters.reachability().isReachable();
    }

    @Override
    public QueueStats stats() {
        return counters.stats(ledger.depth());
    }

    @Override
    public void close() {
        consumers.forEach(Broker.Consumer::close);
        consumers.clear();
        broker.close();
    }

    /** The broker never took it. */
    private void forget(String id, QueueException failure) {
        try {
            ledger.forget(id);
        } catch (SQLException e) {
            failure.addSuppressed(e);
        }
    }
}
