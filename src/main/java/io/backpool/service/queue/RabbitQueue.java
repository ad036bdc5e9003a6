package io.backpool.service.queue;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import io.backpool.config.ServiceUrl;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * RabbitMQ: quorum queues, publisher confirms, manual acknowledgements. A retry waits in a queue of
 * its delay, from which RabbitMQ itself moves it back; what failed too often is in {@code
 * backpool.messages.dead}. Connects at the first use, and again after a loss.
 */
final class RabbitQueue implements Queue {
    static final String MAIN = "backpool.messages";
    static final String DEAD = "backpool.messages.dead";
    private static final int CONNECT_MILLIS = 5_000;

    private final Ledger ledger;
    private final Retries retries;
    private final Counters counters;
    private final ConnectionFactory factory;
    private final RabbitPublisher publisher;
    private final List<RabbitConsumer> consumers = new CopyOnWriteArrayList<>();

    RabbitQueue(ServiceUrl url, Ledger ledger, Retries retries) {
        this.counters = new Counters(url);
        this.ledger = ledger;
        this.retries = retries;
        this.factory = factory(url);
        this.publisher = new RabbitPublisher(this);
    }

    Counters counters() {
        return counters;
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
            publisher.publish(MAIN, id, body);
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
        var attempt = new Attempt(ledger, retries, handler, counters, publisher);
        var consumer = new RabbitConsumer(this, threads, attempt);
        consumers.add(consumer);
        consumer.start();
        return () -> {
            consumers.remove(consumer);
            consumer.close();
        };
    }

    @Override
    public QueueStats stats() {
        return counters.stats(ledger.depth());
    }

    @Override
    public void close() {
        consumers.forEach(RabbitConsumer::close);
        consumers.clear();
        publisher.close();
    }

    Connection connect(String name) throws IOException, TimeoutException {
        return factory.newConnection("backpool " + name);
    }

    /** Makes our queues; what is there already stays as it is. */
    void declare(Channel channel) throws IOException {
        Map<String, Object> quorum = Map.of("x-queue-type", "quorum");
        channel.queueDeclare(MAIN, true, false, false, quorum);
        channel.queueDeclare(DEAD, true, false, false, quorum);
        for (int attempt = 1; !retries.isLast(attempt); attempt++) {
            long delay = retries.after(attempt).toMillis();
            channel.queueDeclare(
                    retryQueue(delay),
                    true,
                    false,
                    false,
                    Map.of(
                            "x-queue-type", "quorum",
                            "x-message-ttl", delay,
                            "x-dead-letter-exchange", "",
                            "x-dead-letter-routing-key", MAIN,
                            "x-dead-letter-strategy", "at-least-once",
                            "x-overflow", "reject-publish"));
        }
    }

    static String retryQueue(long delayMillis) {
        return MAIN + ".retry-" + delayMillis + "ms";
    }

    private void forget(String id, QueueException failure) {
        try {
            ledger.forget(id);
        } catch (SQLException e) {
            failure.addSuppressed(e);
        }
    }

    private static ConnectionFactory factory(ServiceUrl url) {
        var factory = new ConnectionFactory();
        try {
            factory.setUri(url.uri());
        } catch (java.security.GeneralSecurityException e) {
            throw new IllegalArgumentException(url + " can't be used");
        }
        factory.setAutomaticRecoveryEnabled(false);
        factory.setTopologyRecoveryEnabled(false);
        factory.setConnectionTimeout(CONNECT_MILLIS);
        factory.setHandshakeTimeout(CONNECT_MILLIS);
        factory.setChannelRpcTimeout(2 * CONNECT_MILLIS);
        factory.setRequestedHeartbeat((int) Duration.ofSeconds(10).toSeconds());
        factory.setThreadFactory(
                task -> {
                    var thread = new Thread(task, "queue-amqp");
                    thread.setDaemon(true);
                    return thread;
                });
        return factory;
    }
}
