package io.backpool.service.queue;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/**
 * How far this process is in its partitions: each may be committed up to its first record that is
 * not over. Used by the thread that polls, but for the records themselves.
 */
final class KafkaProgress {
    private static final Duration LONGEST_RELEASE = Duration.ofSeconds(10);

    /** What was handed over, in order. */
    private final Map<TopicPartition, Deque<Handling>> begun = new HashMap<>();

    private final Map<TopicPartition, Long> committed = new HashMap<>();

    /** A record that was handed over. */
    static final class Handling {
        private final long offset;
        volatile boolean running;
        volatile boolean over;

        /** Its partition is another process's. */
        volatile boolean lost;

        private Handling(long offset) {
            this.offset = offset;
        }
    }

    Handling add(TopicPartition partition, long offset) {
        var handling = new Handling(offset);
        begun.computeIfAbsent(partition, key -> new ArrayDeque<>()).add(handling);
        return handling;
    }

    /** How many records are not over, or are but wait for an earlier one. */
    int held(TopicPartition partition) {
        return begun.getOrDefault(partition, new ArrayDeque<>()).size();
    }

    /**
     * What is over and not committed.
     *
     * @param position of a partition where all is over: also past what only Kafka knows of
     */
    Map<TopicPartition, OffsetAndMetadata> over(
            Collection<TopicPartition> partitions, ToLongFunction<TopicPartition> position) {
        Map<TopicPartition, OffsetAndMetadata> over = new HashMap<>();
        for (TopicPartition partition : partitions) {
            Deque<Handling> held = begun.getOrDefault(partition, new ArrayDeque<>());
            while (!held.isEmpty() && held.getFirst().over) {
                held.removeFirst();
            }
            long next = held.isEmpty() ? position.applyAsLong(partition) : held.getFirst().offset;
            if (next > committed.getOrDefault(partition, 0L)) {
                over.put(partition, new OffsetAndMetadata(next));
            }
        }
        return over;
    }

    void committed(Map<TopicPartition, OffsetAndMetadata> over) {
        over.forEach((partition, offset) -> committed.put(partition, offset.offset()));
    }

    /** What has begun may end, for some seconds; what has not never does. */
    void release(Collection<TopicPartition> partitions) {
        List<Handling> held =
                partitions.stream()
                        .flatMap(one -> begun.getOrDefault(one, new ArrayDeque<>()).stream())
                        .toList();
        held.forEach(one -> one.lost = true);
        long begin = System.nanoTime();
        try {
            while (held.stream().anyMatch(one -> one.running)
                    && System.nanoTime() - begin < LONGEST_RELEASE.toNanos()) {
                Thread.sleep(10);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** They are another process's. */
    void forget(Collection<TopicPartition> partitions) {
        for (TopicPartition partition : partitions) {
            begun.getOrDefault(partition, new ArrayDeque<>()).forEach(one -> one.lost = true);
            begun.remove(partition);
            committed.remove(partition);
        }
    }

    void forgetAll() {
        forget(List.copyOf(begun.keySet()));
        committed.clear();
    }
}
