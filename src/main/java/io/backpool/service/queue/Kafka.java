package io.backpool.service.queue;

import io.backpool.config.QueueConfig;
import io.backpool.engine.OpenedOnce;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;

/**
 * Kafka: an idempotent producer, offsets committed after the work. A retry waits in a topic of its
 * own, which is read no earlier than it is due. The clients connect again by themselves.
 */
final class Kafka implements Broker {
    /** When a retry is due, in milliseconds since 1970. */
    static final String DUE = "due";

    private static final int PARTITIONS = 8;

    /** Records that may wait for each thread. */
    private static final int AHEAD = 16;

    private static final Duration PATIENCE = Duration.ofSeconds(10);

    /** The topic of what is to be handled. */
    final String main;

    /** The topic of what is to be handled later. */
    final String retry;

    /** The group of all processes. */
    final String group;

    private final KafkaAddress address;
    private final Counters counters;
    private final Duration grace;

    /** After which Kafka takes a silent process for dead. */
    final Duration session;

    private final OpenedOnce<Admin, InterruptedException> admin = new OpenedOnce<>(this::openAdmin);
    private final OpenedOnce<KafkaProducer<String, byte[]>, InterruptedException> producer =
            new OpenedOnce<>(this::openProducer);

    Kafka(QueueConfig config, Retries retries, Counters counters) {
        this.main = "backpool." + config.name();
        this.retry = main + ".retry";
        this.group = main;
        this.address = new KafkaAddress(config.url());
        this.counters = counters;
        this.grace = config.grace();
        this.session = retries.lease();
    }

    Counters counters() {
        return counters;
    }

    @Override
    public void publish(String id, byte[] body) {
        send(new ProducerRecord<>(main, id, body));
    }

    @Override
    public void later(String id, byte[] body, Duration delay) {
        var record = new ProducerRecord<String, byte[]>(retry, id, body);
        long due = System.currentTimeMillis() + delay.toMillis();
        record.headers().add(DUE, ByteBuffer.allocate(Long.BYTES).putLong(due).array());
        send(record);
    }

    @Override
    public Engine.Consumer consume(int threads, Attempt attempt) {
        var workers = new Workers(threads, AHEAD * threads);
        var work = new KafkaWork(this, workers, threads, attempt);
        return new BrokerThread("queue-kafka", work, attempt, workers, grace, counters);
    }

    @Override
    public void close() {
        KafkaProducer<String, byte[]> opened = producer.drop();
        if (opened != null) {
            opened.close(PATIENCE);
        }
        closeAdmin();
    }

    /** The next one makes the topics that are gone. */
    private void closeAdmin() {
        Admin opened = admin.drop();
        if (opened != null) {
            opened.close(Duration.ZERO);
        }
    }

    /** Settings of all clients. */
    Map<String, Object> common() {
        Map<String, Object> common = address.settings();
        common.put(CommonClientConfigs.RECONNECT_BACKOFF_MS_CONFIG, 100);
        common.put(CommonClientConfigs.RECONNECT_BACKOFF_MAX_MS_CONFIG, 1_000);
        common.put(CommonClientConfigs.METADATA_MAX_AGE_CONFIG, 5_000);
        common.put("enable.metrics.push", false);
        return common;
    }

    /** Returns when our topics are there. */
    void awaitTopics() throws InterruptedException {
        admin.get();
    }

    /**
     * Makes our topics; what is there already stays as it is. Kafka is to delete nothing that
     * waits, however long: what is done is deleted by {@link #depth}.
     */
    private void declare(Admin opened) throws InterruptedException {
        Map<String, String> settings = Map.of(TopicConfig.RETENTION_MS_CONFIG, "-1");
        List<NewTopic> topics =
                List.of(main, retry).stream()
                        .map(name -> new NewTopic(name, Optional.of(PARTITIONS), Optional.empty()))
                        .map(topic -> topic.configs(settings))
                        .toList();
        for (var made : opened.createTopics(topics).values().values()) {
            try {
                made.get();
            } catch (ExecutionException e) {
                if (!(e.getCause() instanceof TopicExistsException)) {
                    throw counters.failed(Counters.PUBLISH, "Can't make topics in", e);
                }
            }
        }
    }

    @Override
    public List<String> missing() {
        try (Admin asking = connectAdmin()) {
            var there = asking.listTopics().names().get();
            return List.of(main, retry).stream().filter(name -> !there.contains(name)).toList();
        } catch (InterruptedException | ExecutionException | RuntimeException e) {
            throw counters.exception("No answer from", e);
        }
    }

    @Override
    public long depth() {
        try {
            Map<TopicPartition, Long> first = offsets(OffsetSpec.earliest());
            Map<TopicPartition, Long> end = offsets(OffsetSpec.latest());
            Map<TopicPartition, OffsetAndMetadata> over =
                    admin.get()
                            .listConsumerGroupOffsets(group)
                            .partitionsToOffsetAndMetadata()
                            .get();
            Map<TopicPartition, RecordsToDelete> done = new HashMap<>();
            long depth = 0;
            for (Map.Entry<TopicPartition, Long> one : end.entrySet()) {
                OffsetAndMetadata committed = over.get(one.getKey());
                long begin = first.getOrDefault(one.getKey(), 0L);
                if (committed != null && committed.offset() > begin) {
                    begin = Math.min(committed.offset(), one.getValue());
                    done.put(one.getKey(), RecordsToDelete.beforeOffset(begin));
                }
                depth += Math.max(0, one.getValue() - begin);
            }
            if (!done.isEmpty()) {
                // Deletes whole files, when it can; that it can't is no reason to know no depth.
                admin.get().deleteRecords(done);
            }
            counters.reachability().retry(Counters.PUBLISH, this::isTaking);
            return depth;
        } catch (InterruptedException | ExecutionException | RuntimeException e) {
            if (e.getCause() instanceof UnknownTopicOrPartitionException) {
                closeAdmin();
            }
            throw counters.exception("No depth from", e);
        }
    }

    /** Whether every partition has a leader and as many replicas in sync as it asks for. */
    private boolean isTaking() {
        try {
            List<String> names = List.of(main, retry);
            var topics = admin.get().describeTopics(names).allTopicNames().get();
            var resources =
                    names.stream()
                            .map(name -> new ConfigResource(ConfigResource.Type.TOPIC, name))
                            .toList();
            var settings = admin.get().describeConfigs(resources).all().get();
            return settings.entrySet().stream()
                    .allMatch(
                            topic -> isTaking(topics.get(topic.getKey().name()), topic.getValue()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } catch (ExecutionException e) {
            return false;
        }
    }

    /** A broker takes what all replicas have, however many more are asked for. */
    static boolean isTaking(@Nullable TopicDescription topic, Config settings) {
        int needed =
                Integer.parseInt(settings.get(TopicConfig.MIN_IN_SYNC_REPLICAS_CONFIG).value());
        return topic != null
                && topic.partitions().stream()
                        .allMatch(
                                one ->
                                        one.leader() != null
                                                && one.isr().size()
                                                        >= Math.min(needed, one.replicas().size()));
    }

    /** Of every partition, as those see it who read what was committed. */
    private Map<TopicPartition, Long> offsets(OffsetSpec spec)
            throws InterruptedException, ExecutionException {
        Map<TopicPartition, OffsetSpec> asked = new HashMap<>();
        var topics = admin.get().describeTopics(List.of(main, retry)).allTopicNames().get();
        for (var topic : topics.values()) {
            for (var partition : topic.partitions()) {
                asked.put(new TopicPartition(topic.name(), partition.partition()), spec);
            }
        }
        var answer =
                admin.get()
                        .listOffsets(asked, new ListOffsetsOptions(IsolationLevel.READ_COMMITTED))
                        .all()
                        .get();
        return answer.entrySet().stream()
                .collect(Collectors.toMap(Map.Entry::getKey, one -> one.getValue().offset()));
    }

    /** Returns when all replicas in sync have it. */
    private void send(ProducerRecord<String, byte[]> record) {
        try {
            producer.get().send(record).get();
            counters.reachability().reached(Counters.PUBLISH);
        } catch (InterruptedException | InterruptException e) {
            Thread.currentThread().interrupt();
            throw counters.failed(Counters.PUBLISH, "Interrupted while publishing to", e);
        } catch (ExecutionException | RuntimeException e) {
            throw counters.failed(Counters.PUBLISH, "No confirmation from", e);
        }
    }

    private Admin connectAdmin() {
        Map<String, Object> settings = common();
        settings.put(CommonClientConfigs.REQUEST_TIMEOUT_MS_CONFIG, 5_000);
        settings.put(CommonClientConfigs.DEFAULT_API_TIMEOUT_MS_CONFIG, 5_000);
        return Admin.create(settings);
    }

    private Admin openAdmin() throws InterruptedException {
        Admin opened = connectAdmin();
        try {
            declare(opened);
            return opened;
        } catch (InterruptedException | RuntimeException e) {
            opened.close(Duration.ZERO);
            throw e;
        }
    }

    private KafkaProducer<String, byte[]> openProducer() throws InterruptedException {
        awaitTopics();
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
