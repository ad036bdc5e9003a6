package io.backpool.service.queue;

import io.backpool.service.queue.KafkaProgress.Handling;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RebalanceInProgressException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Handles Kafka's records in this process. Its thread polls, hands over to the workers as much as
 * they have room for, and commits each partition up to its first record that is not over: a slow
 * one holds up no other, and Kafka hears of us all the time.
 */
final class KafkaWork implements BrokerThread.Work {
    private static final Logger LOG = LoggerFactory.getLogger(KafkaWork.class);
    private static final Duration IDLE = Duration.ofMillis(200);
    private static final Duration BUSY = Duration.ofMillis(10);
    private static final Duration BETWEEN_COMMITS = Duration.ofMillis(100);

    /** How many records of a partition may be done before an earlier one is. */
    private static final int MOST_HELD_UP = 10_000;

    private final Kafka kafka;
    private final Workers workers;
    private final int threads;
    private final Attempt attempt;
    private final KafkaProgress progress = new KafkaProgress();

    /** When the next record of a partition of retries is due. Used by the poller only. */
    private final Map<TopicPartition, Long> due = new HashMap<>();

    /** Used by the poller only. */
    private long committedAt;

    KafkaWork(Kafka kafka, Workers workers, int threads, Attempt attempt) {
        this.kafka = kafka;
        this.workers = workers;
        this.threads = threads;
        this.attempt = attempt;
    }

    @Override
    public void consume(BrokerThread thread) throws InterruptedException {
        kafka.awaitTopics();
        try (var consumer =
                new KafkaConsumer<>(
                        settings(), new StringDeserializer(), new ByteArrayDeserializer())) {
            consumer.subscribe(List.of(kafka.main, kafka.retry), new Rebalance(consumer));
            while (!thread.isClosing(Duration.ZERO)) {
                choose(consumer);
                boolean isBusy = workers.free() < workers.capacity();
                handOver(consumer, consumer.poll(isBusy ? BUSY : IDLE));
                if (System.nanoTime() - committedAt > BETWEEN_COMMITS.toNanos()) {
                    commit(consumer, consumer.assignment());
                }
            }
            thread.endHandlers();
            commit(consumer, consumer.assignment());
        } finally {
            progress.forgetAll();
            due.clear();
        }
    }

    private Map<String, Object> settings() {
        Map<String, Object> settings = kafka.common();
        settings.put(ConsumerConfig.GROUP_ID_CONFIG, kafka.group);
        settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        // A producer that died in a transaction has sent nothing.
        settings.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        settings.put(
                ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG,
                CooperativeStickyAssignor.class.getName());
        settings.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, threads);
        int session = Math.toIntExact(kafka.session.toMillis());
        settings.put(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG, session);
        settings.put(ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG, session / 4);
        settings.put(ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, 5_000);
        return settings;
    }

    /**
     * Which partitions are read now: none while the workers have enough, no retry before it is due.
     */
    private void choose(KafkaConsumer<String, byte[]> consumer) {
        boolean full = workers.free() < threads;
        long now = System.currentTimeMillis();
        due.values().removeIf(time -> time <= now);
        for (TopicPartition partition : consumer.assignment()) {
            boolean rest =
                    full || due.containsKey(partition) || progress.held(partition) > MOST_HELD_UP;
            if (rest) {
                consumer.pause(List.of(partition));
            } else {
                consumer.resume(List.of(partition));
            }
        }
    }

    private void handOver(
            KafkaConsumer<String, byte[]> consumer, ConsumerRecords<String, byte[]> records) {
        long now = System.currentTimeMillis();
        for (TopicPartition partition : records.partitions()) {
            for (ConsumerRecord<String, byte[]> record : records.records(partition)) {
                long time = due(record);
                if (time > now) {
                    consumer.seek(partition, record.offset());
                    due.put(partition, time);
                    break;
                }
                Handling handling = progress.add(partition, record.offset());
                workers.submit(() -> handle(record, handling));
            }
        }
    }

    private void handle(ConsumerRecord<String, byte[]> record, Handling handling) {
        BooleanSupplier given = () -> workers.isStopping() || handling.lost;
        handling.running = true;
        try {
            if (!given.getAsBoolean()) {
                attempt.run(id(record), body(record), given);
                handling.over = true;
            }
        } catch (InterruptedException e) {
            LOG.debug("queue - {} is read again", id(record));
            Thread.currentThread().interrupt();
        } finally {
            handling.running = false;
        }
    }

    /** The same however often it is read. */
    private static String id(ConsumerRecord<String, byte[]> record) {
        return record.key() != null
                ? record.key()
                : record.topic() + "-" + record.partition() + "-" + record.offset();
    }

    private static byte[] body(ConsumerRecord<String, byte[]> record) {
        return record.value() != null ? record.value() : new byte[0];
    }

    private void commit(
            KafkaConsumer<String, byte[]> consumer, Collection<TopicPartition> partitions) {
        committedAt = System.nanoTime();
        Map<TopicPartition, OffsetAndMetadata> over = progress.over(partitions, consumer::position);
        if (!over.isEmpty()) {
            try {
                consumer.commitSync(over);
                progress.committed(over);
                kafka.counters().reachability().reached(Counters.CONSUME);
            } catch (RebalanceInProgressException e) {
                LOG.debug("queue - committing after the rebalance", e);
            }
        }
    }

    private static long due(ConsumerRecord<String, byte[]> record) {
        Header due = record.headers().lastHeader(Kafka.DUE);
        return due == null ? 0 : ByteBuffer.wrap(due.value()).getLong();
    }

    /** What Kafka takes from us and gives us. Called by the poller. */
    private final class Rebalance implements ConsumerRebalanceListener {
        private final KafkaConsumer<String, byte[]> consumer;

        Rebalance(KafkaConsumer<String, byte[]> consumer) {
            this.consumer = consumer;
        }

        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
            kafka.counters().reachability().reached(Counters.CONSUME);
        }

        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
            progress.release(partitions);
            commit(consumer, partitions);
            progress.forget(partitions);
        }

        @Override
        public void onPartitionsLost(Collection<TopicPartition> partitions) {
            progress.forget(partitions);
        }
    }
}
