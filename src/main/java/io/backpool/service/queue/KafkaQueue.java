package io.backpool.service.queue;

import io.backpool.config.ServiceUrl;
import java.net.URI;
import java.nio.ByteBuffer;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;

/**
 * Kafka: an idempotent producer, offsets committed after the work. A retry waits in a topic of its
 * own, which is read no earlier than it is due; what failed too often is in {@code
 * backpool.messages.dead}. Connects at the first use; the clients connect again by themselves.
 */
final class KafkaQueue implements Queue, Attempt.Broker {
    static final String MAIN = "backpool.messages";
    static final String RETRY = "backpool.messages.retry";
    static final String DEAD = "backpool.messages.dead";

    /** When a retry is due, in milliseconds since 1970. */
    static final String DUE = "due";

    private static final int PARTITIONS = 8;
    private static final int PORT = 9092;
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final String servers;
    private final Ledger ledger;
    private final Retries retries;
    private final Counters counters;
    private final List<KafkaWork> consumers = new CopyOnWriteArrayList<>();

    /** Guarded by this; null until the first message. */
    private @Nullable KafkaProducer<String, byte[]> producer;

    KafkaQueue(ServiceUrl url, Ledger ledger, Retries retries) {
        this.counters = new Counters(url);
        this.ledger = ledger;
        this.retries = retries;
        URI uri = url.uri();
        this.servers = uri.getHost() + ":" + (uri.getPort() < 0 ? PORT : uri.getPort());
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
            send(new ProducerRecord<>(MAIN, id, body));
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
        var attempt = new Attempt(ledger, retries, handler, counters, this);
        var consumer = new KafkaWork(this, threads, attempt);
        consumers.add(consumer);
        consumer.start();
        return () -> {
            consumers.remove(consumer);
            consumer.close();
        };
    }

    @Override
    public void later(String id, byte[] body, Duration delay, int attempt) {
        var record = new ProducerRecord<String, byte[]>(RETRY, id, body);
        long due = System.currentTimeMillis() + delay.toMillis();
        record.headers().add(DUE, ByteBuffer.allocate(Long.BYTES).putLong(due).array());
        send(record);
    }

    @Override
    public void dead(String id, byte[] body) {
        send(new ProducerRecord<>(DEAD, id, body));
    }

    @Override
    public QueueStats stats() {
        return counters.stats(ledger.depth());
    }

    @Override
    public void close() {
        consumers.forEach(KafkaWork::close);
        consumers.clear();
        synchronized (this) {
            if (producer != null) {
                producer.close(PATIENCE);
                producer = null;
            }
        }
    }

    /** What all clients are told. */
    Map<String, Object> common() {
        Map<String, Object> common = new HashMap<>();
        common.put(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, servers);
        common.put(CommonClientConfigs.RECONNECT_BACKOFF_MS_CONFIG, 100);
        common.put(CommonClientConfigs.RECONNECT_BACKOFF_MAX_MS_CONFIG, 1_000);
        common.put("enable.metrics.push", false);
        return common;
    }

    /** Makes our topics; what is there already stays as it is. */
    void declare() throws InterruptedException {
        Map<String, Object> settings = common();
        settings.put(CommonClientConfigs.REQUEST_TIMEOUT_MS_CONFIG, 5_000);
        settings.put(CommonClientConfigs.DEFAULT_API_TIMEOUT_MS_CONFIG, 5_000);
        try (Admin admin = Admin.create(settings)) {
            List<NewTopic> topics =
                    List.of(MAIN, RETRY, DEAD).stream()
                            .map(
                                    name ->
                                            new NewTopic(
                                                    name,
                                                    Optional.of(PARTITIONS),
                                                    Optional.empty()))
                            .toList();
            for (var made : admin.createTopics(topics).values().values()) {
                try {
                    made.get();
                } catch (ExecutionException e) {
                    if (!(e.getCause() instanceof TopicExistsException)) {
                        throw counters.failed("Can't make topics in", e);
                    }
                }
            }
        }
    }

    /** Returns when all replicas in sync have it. */
    private void send(ProducerRecord<String, byte[]> record) {
        try {
            producer().send(record).get();
            counters.reached();
        } catch (InterruptedException | InterruptException e) {
            Thread.currentThread().interrupt();
            throw counters.failed("Interrupted while publishing to", e);
        } catch (ExecutionException | RuntimeException e) {
            throw counters.failed("No confirmation from", e);
        }
    }

    private synchronized KafkaProducer<String, byte[]> producer() throws InterruptedException {
        if (producer == null) {
            declare();
            Map<String, Object> settings = common();
            settings.put(ProducerConfig.ACKS_CONFIG, "all");
            settings.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
            settings.put(ProducerConfig.LINGER_MS_CONFIG, 0);
            settings.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, 3_000);
            settings.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, PATIENCE.toMillis());
            settings.put(
                    ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG,
                    Math.toIntExact(PATIENCE.toMillis()));
            producer =
                    new KafkaProducer<>(
                            settings, new StringSerializer(), new ByteArraySerializer());
        }
        return producer;
    }

    private void forget(String id, QueueException failure) {
        try {
            ledger.forget(id);
        } catch (SQLException e) {
            failure.addSuppressed(e);
        }
    }
}
