package io.backpool.service.queue;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.SocketConfigurator;
import com.rabbitmq.client.SocketConfigurators;
import io.backpool.config.QueueConfig;
import io.backpool.config.ServiceUrl;
import io.backpool.engine.OpenedOnce;
import io.backpool.engine.UrlOptions;
import io.netty.handler.ssl.JdkSslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * RabbitMQ: publisher confirms, manual acknowledgements, quorum queues unless other ones are there
 * already. A retry waits in a queue of its delay, from which RabbitMQ itself moves it back; what
 * RabbitMQ gives up itself, by a delivery limit or another policy, comes to us by another queue.
 */
final class Rabbit implements Broker {
    private static final int CONNECT_MILLIS = 5_000;
    private static final Map<String, Object> QUORUM = Map.of("x-queue-type", "quorum");

    private final Retries retries;
    private final Counters counters;
    private final Duration grace;
    private final ConnectionFactory factory;
    private final RabbitPublisher publisher;
    private final OpenedOnce<Connection, Exception> inspector =
            new OpenedOnce<>(this::openInspector);

    /** The queue of what is to be handled. */
    final String main;

    /** The queue of what RabbitMQ gave up. */
    final String dead;

    Rabbit(QueueConfig config, Retries retries, Counters counters) {
        this.main = "backpool." + config.name();
        this.dead = main + ".dead";
        this.retries = retries;
        this.counters = counters;
        this.grace = config.grace();
        this.factory = factory(config.url());
        this.publisher = new RabbitPublisher(this);
    }

    Counters counters() {
        return counters;
    }

    @Override
    public void publish(String id, byte[] body) {
        publisher.publish(main, id, body);
    }

    @Override
    public void later(String id, byte[] body, Duration delay) {
        publisher.publish(retryQueue(delay.toMillis()), id, body);
    }

    @Override
    public Engine.Consumer consume(int threads, Attempt attempt) {
        var workers = new Workers(threads, threads);
        var consumer = new RabbitConsumer(this, workers, attempt);
        return new BrokerThread("queue-amqp", consumer, attempt, workers, grace, counters);
    }

    /** Asks over a connection of its own: RabbitMQ may read nothing from one that publishes. */
    @Override
    public long depth() {
        Connection connection = null;
        try {
            connection = inspector.get();
            try (Channel channel = connection.createChannel()) {
                long depth = channel.messageCount(main);
                long ready = depth;
                counters.reachability().retry(Counters.PUBLISH, () -> publisher.hasRoom(ready));
                for (String name : retryQueues().keySet()) {
                    depth += channel.messageCount(name);
                }
                return depth;
            }
        } catch (Exception e) {
            if (connection != null && inspector.drop(connection)) {
                connection.abort(CONNECT_MILLIS);
            }
            throw counters.exception("No depth from", e);
        }
    }

    @Override
    public List<String> missing() {
        List<String> missing = new ArrayList<>(retryQueues().keySet());
        missing.addAll(List.of(main, dead));
        try (Connection connection = connect("check")) {
            for (String name : List.copyOf(missing)) {
                if (isThere(connection, name)) {
                    missing.remove(name);
                }
            }
        } catch (IOException | TimeoutException e) {
            throw counters.exception("No answer from", e);
        }
        missing.sort(null);
        return missing;
    }

    /** Makes our queues each time: one may be gone. */
    private Connection openInspector() throws IOException, TimeoutException {
        Connection connection = connect("inspector");
        try {
            declare(connection);
            return connection;
        } catch (IOException | TimeoutException | RuntimeException e) {
            connection.abort(CONNECT_MILLIS);
            throw e;
        }
    }

    @Override
    public void close() {
        publisher.close();
        Connection opened = inspector.drop();
        if (opened != null) {
            opened.abort(CONNECT_MILLIS);
        }
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
        own.setSocketConfigurator(factory.getSocketConfigurator().andThen(socket));
        return own.newConnection("backpool " + name);
    }

    /** Makes our queues; what is there already stays as it is, whatever its type. */
    void declare(Connection connection) throws IOException, TimeoutException {
        declare(connection, dead, QUORUM);
        declare(connection, main, deadLettersTo(dead, QUORUM));
        for (Map.Entry<String, Long> retry : retryQueues().entrySet()) {
            declare(
                    connection,
                    retry.getKey(),
                    deadLettersTo(
                            main,
                            Map.of("x-queue-type", "quorum", "x-message-ttl", retry.getValue())));
        }
    }

    private static void declare(Connection connection, String name, Map<String, Object> arguments)
            throws IOException, TimeoutException {
        if (!isThere(connection, name)) {
            try (Channel channel = connection.createChannel()) {
                channel.queueDeclare(name, true, false, false, arguments);
            }
        }
    }

    private static boolean isThere(Connection connection, String name)
            throws IOException, TimeoutException {
        try (Channel channel = connection.createChannel()) {
            channel.queueDeclarePassive(name);
            return true;
        } catch (IOException e) {
            // RabbitMQ closes the channel for it, and the connection for anything else.
            if (!connection.isOpen()) {
                throw e;
            }
            return false;
        }
    }

    private static Map<String, Object> deadLettersTo(String queue, Map<String, Object> arguments) {
        Map<String, Object> all = new HashMap<>(arguments);
        all.put("x-dead-letter-exchange", "");
        all.put("x-dead-letter-routing-key", queue);
        all.put("x-dead-letter-strategy", "at-least-once");
        all.put("x-overflow", "reject-publish");
        return all;
    }

    /** By name, how long a message waits there, in milliseconds. */
    private Map<String, Long> retryQueues() {
        Map<String, Long> queues = new HashMap<>();
        for (int attempt = 1; !retries.isLast(attempt); attempt++) {
            long delay = retries.after(attempt).toMillis();
            queues.put(retryQueue(delay), delay);
        }
        return queues;
    }

    private String retryQueue(long delayMillis) {
        return main + ".retry-" + delayMillis + "ms";
    }

    private static ConnectionFactory factory(ServiceUrl url) {
        boolean tls = url.scheme().equals("amqps");
        var options = new UrlOptions(url.withSecrets(), tls);
        var factory = new ConnectionFactory();
        factory.setSocketConfigurator(SocketConfigurators.defaultConfigurator());
        try {
            factory.setUri(url.uri().toString().replaceFirst("\\?.*", ""));
            if (tls) {
                factory.useSslProtocol(trusting(options.caCert()));
                // The client checks the host's name from here on, by way of the configurator.
                if (!options.verifies()) {
                    factory.setSocketConfigurator(SocketConfigurators.defaultConfigurator());
                }
            }
        } catch (GeneralSecurityException | URISyntaxException | IOException e) {
            throw new IllegalArgumentException(
                    tls ? "its certificates can't be used" : "it can't be used", e);
        }
        factory.setAutomaticRecoveryEnabled(false);
        factory.setTopologyRecoveryEnabled(false);
        factory.setConnectionTimeout(CONNECT_MILLIS);
        factory.setHandshakeTimeout(CONNECT_MILLIS);
        factory.setChannelRpcTimeout(2 * CONNECT_MILLIS);
        factory.setRequestedHeartbeat((int) Duration.ofSeconds(10).toSeconds());
        factory.setThreadFactory(new DefaultThreadFactory("queue-amqp", true));
        return factory;
    }

    /** Trusts who signed with a certificate of this file; null: those whom Java trusts. */
    private static SSLContext trusting(@Nullable Path certificates)
            throws GeneralSecurityException, IOException {
        if (certificates == null) {
            return SSLContext.getDefault();
        }
        var reader = SslContextBuilder.forClient().sslProvider(SslProvider.JDK);
        var read = (JdkSslContext) reader.trustManager(certificates.toFile()).build();
        return read.context();
    }
}
