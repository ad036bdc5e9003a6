package io.backpool.service.queue;

import io.backpool.config.ServiceUrl;
import io.backpool.engine.Shared;
import java.net.URI;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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

/**
 * Kafka: an idempotent producer, offsets committed after the work. A retry waits in a topic of its
 * own, which is read no earlier than it is due; what failed too often is in {@code
 * backpool.messages.dead}. The clients connect again by themselves.
 */
final class Kafka implements Broker {
    static final String MAIN = "backpool.messages";
    static final String RETRY = "backpool.messages.retry";
    static final String DEAD = "backpool.messages.dead";

    /** When a retry is due, in milliseconds since 1970. */
    static final String DUE = "due";

    private static final int PARTITIONS = 8;
    private static final int PORT = 9092;
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final String servers;
    private final Counters counters;
    private final Shared<KafkaProducer<String, byte[]>, InterruptedException> producer =
            new Shared<>(this::open);

    Kafka(ServiceUrl url, Counters counters) {
        this.counters = counters;
        URI uri = url.uri();
        if (uri.getUserInfo() != null || !uri.getPath().isEmpty() || uri.getQuery() != null) {
            throw new IllegalArgumentException("neither user nor topic can be chosen");
        }
        this.servers = uri.getHost() + ":" + (uri.getPort() < 0 ? PORT : uri.getPort());
    }

    Counters counters() {
        return counters;
    }

    @Override
    public void publish(String id, byte[] body) {
        send(new ProducerRecord<>(MAIN, id, body));
    }

    @Override
    public void later(String id, byte[] body, Duration delay) {
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
    public Consumer consume(int threads, Attempt attempt) {
        var consumer = new KafkaWork(this, threads, attempt);
        consumer.start();
        return consumer;
    }

    @Override
    public void close() {
        KafkaProducer<String, byte[]> opened = producer.drop();
        if (opened != null) {
            opened.close(PATIENCE);
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
                        throw counters.failed(Counters.PUBLISH, "Can't make topics in", e);
                    }
                }
            }
        }
    }

    /** Returns when all replicas in sync have it. */
    private void send(ProducerRecord<String, byte[]> record) {
        try {
            producer.get().send(record).get();
            counters.reachability().reached();
        } catch (InterruptedException | InterruptException e) {
            Thread.currentThread().interrupt();
            throw counters.failed(Counters.PUBLISH, "Interrupted while publishing to", e);
        } catch (ExecutionException | RuntimeException e) {
            throw counters.failed(Counters.PUBLISH, "No confirmation from", e);
        }
    }

    private KafkaProducer<String, byte[]> open() throws InterruptedException {
        declare();
        Map<String, Object> settings = common();
        settings.put(ProducerConfig.ACKS_CONFIG, "all");
        settings.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
        settings.put(ProducerConfig.LINGER_MS_CONFIG, 0);
        settings.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, 3_000);
        settings.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, PATIENCE.toMillis());
        settings.put(
                ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, Math.toIntExact(PATIENCE.toMillis()));
        return new KafkaProducer<>(settings, new StringSerializer(), new ByteArraySerializer());
    }
}
