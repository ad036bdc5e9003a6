package io.backpool.service.queue;

import java.nio.ByteBuffer;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Handles Kafka's records in this process. One thread polls a batch, lets the workers handle it,
 * and commits when all of it is over; of a batch that is not, each partition is read again from the
 * first record that isn't. A batch must be over in five minutes, or Kafka gives it to another
 * process.
 */
final class KafkaWork implements Broker.Consumer {
    private static final Logger LOG = LoggerFactory.getLogger(KafkaWork.class);
    private static final Duration AFTER_FAILURE = Duration.ofSeconds(1);
    private static final Duration POLL = Duration.ofMillis(200);
    private static final int SESSION_MILLIS = 10_000;

    private final Kafka kafka;
    private final Workers workers;
    private final Attempt attempt;
    private final Thread poller = new Thread(this::run, "queue-kafka");
    private volatile boolean closing;

    /** When a partition of retries is due. Used by the poller only. */
    private final Map<TopicPartition, Long> paused = new HashMap<>();

    KafkaWork(Kafka kafka, int threads, Attempt attempt) {
        this.kafka = kafka;
        this.workers = new Workers(threads);
        this.attempt = attempt;
        poller.setDaemon(true);
    }

    /** A record, and whether it is over: false to read it again. */
    private record Handling(
            ConsumerRecord<String, byte[]> record, CompletableFuture<Boolean> over) {
        TopicPartition partition() {
            return new TopicPartition(record.topic(), record.partition());
        }
    }

    void start() {
        poller.start();
    }

    @Override
    public void close() {
        closing = true;
        try {
            poller.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        while (!closing) {
            try {
                kafka.declare();
                consume();
            } catch (InterruptedException e) {
                closing = true;
            } catch (QueueException | KafkaException e) {
                kafka.counters().failed(Counters.CONSUME, "Can't consume", e);
                pause();
            }
        }
        workers.stop();
    }

    private void consume() throws InterruptedException {
        try (var consumer =
                new KafkaConsumer<>(
                        settings(), new StringDeserializer(), new ByteArrayDeserializer())) {
            paused.clear();
            consumer.subscribe(List.of(Kafka.MAIN, Kafka.RETRY));
            while (!closing) {
                resume(consumer);
                ConsumerRecords<String, byte[]> records = consumer.poll(POLL);
                if (!records.isEmpty()) {
                    kafka.counters().reachability().reached();
                    finish(consumer, begin(consumer, records));
                }
            }
        }
    }

    private Map<String, Object> settings() {
        Map<String, Object> settings = kafka.common();
        settings.put(ConsumerConfig.GROUP_ID_CONFIG, "backpool");
        settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        settings.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, workers.capacity());
        settings.put(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG, SESSION_MILLIS);
        settings.put(ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG, SESSION_MILLIS / 4);
        settings.put(ConsumerConfig.METADATA_MAX_AGE_CONFIG, 30_000);
        settings.put(ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, 5_000);
        return settings;
    }

    /** Hands over what is due; a partition whose next retry is not is left alone until it is. */
    private List<Handling> begin(
            KafkaConsumer<String, byte[]> consumer, ConsumerRecords<String, byte[]> records) {
        List<Handling> batch = new ArrayList<>();
        long now = System.currentTimeMillis();
        for (TopicPartition partition : records.partitions()) {
            for (ConsumerRecord<String, byte[]> record : records.records(partition)) {
                long due = due(record);
                if (due > now) {
                    consumer.seek(partition, record.offset());
                    consumer.pause(List.of(partition));
                    paused.put(partition, due);
                    break;
                }
                var handling = new Handling(record, new CompletableFuture<>());
                batch.add(handling);
                workers.submit(() -> handle(handling));
            }
        }
        return batch;
    }

    private void finish(KafkaConsumer<String, byte[]> consumer, List<Handling> batch)
            throws InterruptedException {
        Map<TopicPartition, OffsetAndMetadata> over = new HashMap<>();
        Map<TopicPartition, Long> again = new HashMap<>();
        for (Handling one : batch) {
            TopicPartition partition = one.partition();
            if (isOver(one) && !again.containsKey(partition)) {
                over.put(partition, new OffsetAndMetadata(one.record.offset() + 1));
            } else {
                again.putIfAbsent(partition, one.record.offset());
            }
        }
        if (!over.isEmpty()) {
            consumer.commitSync(over);
        }
        again.forEach(consumer::seek);
        if (!again.isEmpty() && !closing) {
            Thread.sleep(AFTER_FAILURE.toMillis());
        }
    }

    /** Once we are to close, waits no longer than the workers get. */
    private boolean isOver(Handling one) throws InterruptedException {
        while (true) {
            try {
                return one.over.get(POLL.toMillis(), TimeUnit.MILLISECONDS);
            } catch (TimeoutException e) {
                if (closing) {
                    workers.stop();
                    return one.over.getNow(false);
                }
            } catch (ExecutionException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    private void handle(Handling one) {
        boolean over = false;
        try {
            String id =
                    Objects.requireNonNullElseGet(
                            one.record.key(), () -> UUID.randomUUID().toString());
            attempt.run(id, one.record.value());
            over = true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (SQLException | QueueException e) {
            LOG.warn("queue - {} is read again: {}", one.record.key(), e.getMessage());
        } finally {
            one.over.complete(over);
        }
    }

    private void resume(KafkaConsumer<String, byte[]> consumer) {
        long now = System.currentTimeMillis();
        paused.keySet().retainAll(consumer.assignment());
        paused.entrySet()
                .removeIf(
                        entry -> {
                            if (entry.getValue() > now) {
                                return false;
                            }
                            consumer.resume(List.of(entry.getKey()));
                            return true;
                        });
    }

    private static long due(ConsumerRecord<String, byte[]> record) {
        Header due = record.headers().lastHeader(Kafka.DUE);
        return due == null ? 0 : ByteBuffer.wrap(due.value()).getLong();
    }

    private void pause() {
        try {
            Thread.sleep(AFTER_FAILURE.toMillis());
        } catch (InterruptedException e) {
            closing = true;
        }
    }
}
