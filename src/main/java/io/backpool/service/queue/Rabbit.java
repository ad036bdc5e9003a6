package io.backpool.service.queue;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.SocketConfigurator;
import com.rabbitmq.client.SocketConfigurators;
import io.backpool.config.ServiceUrl;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeoutException;

/**
 * RabbitMQ: quorum queues, publisher confirms, manual acknowledgements. A retry waits in a queue of
 * its delay, from which RabbitMQ itself moves it back; what failed too often is in {@code
 * backpool.messages.dead}.
 */
final class Rabbit implements Broker {
    static final String MAIN = "backpool.messages";
    static final String DEAD = "backpool.messages.dead";
    private static final int CONNECT_MILLIS = 5_000;

    private final Retries retries;
    private final Counters counters;
    private final ConnectionFactory factory;
    private final RabbitPublisher publisher;

    Rabbit(ServiceUrl url, Retries retries, Counters counters) {
        this.retries = retries;
        this.counters = counters;
        this.factory = factory(url);
        this.publisher = new RabbitPublisher(this);
    }

    Counters counters() {
        return counters;
    }

    @Override
    public void publish(String id, byte[] body) {
        publisher.publish(MAIN, id, body);
    }

    @Override
    public void later(String id, byte[] body, Duration delay) {
        publisher.publish(retryQueue(delay.toMillis()), id, body);
    }

    @Override
    public void dead(String id, byte[] body) {
        publisher.publish(DEAD, id, body);
    }

    @Override
    public Consumer consume(int threads, Attempt attempt) {
        var consumer = new RabbitConsumer(this, threads, attempt);
        consumer.start();
        return consumer;
    }

    @Override
    public void close() {
        publisher.close();
    }

    Connection connect(String name) throws IOException, TimeoutException {
        return connect(name, socket -> {});
    }

    /**
     * Connects.
     *
     * @param socket is shown the connection's
     */
    Connection connect(String name, SocketConfigurator socket)
            throws IOException, TimeoutException {
        ConnectionFactory own = factory.clone();
        own.setSocketConfigurator(SocketConfigurators.defaultConfigurator().andThen(socket));
        return own.newConnection("backpool " + name);
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

    private static String retryQueue(long delayMillis) {
        return MAIN + ".retry-" + delayMillis + "ms";
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
