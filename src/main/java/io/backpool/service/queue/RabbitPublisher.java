package io.backpool.service.queue;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Publishes over one channel that all threads share, and waits for RabbitMQ's confirmation. Many
 * wait at the same time.
 */
final class RabbitPublisher implements Attempt.Broker {
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final int PERSISTENT = 2;

    private final RabbitQueue queue;

    /** Guarded by this; null before the first message and after a loss. */
    private @Nullable Link link;

    RabbitPublisher(RabbitQueue queue) {
        this.queue = queue;
    }

    /** A connection, its channel and what was published on it and not confirmed yet. */
    private record Link(
            Connection connection, Channel channel, ConcurrentNavigableMap<Long, Pending> pending) {
        /** Everything up to this number if {@code multiple}. */
        void settle(long number, boolean multiple, @Nullable String failure) {
            var settled =
                    multiple
                            ? pending.headMap(number, true)
                            : pending.subMap(number, true, number, true);
            settled.values().forEach(one -> one.settle(failure));
            settled.clear();
        }

        void returned(String id) {
            pending.values().stream()
                    .filter(one -> one.id.equals(id))
                    .forEach(one -> one.settle("no queue takes it"));
        }
    }

    private record Pending(String id, CompletableFuture<Boolean> confirmed) {
        void settle(@Nullable String failure) {
            if (failure == null) {
                confirmed.complete(true);
            } else {
                confirmed.completeExceptionally(new IOException(failure));
            }
        }
    }

    @Override
    public void later(String id, byte[] body, Duration delay, int attempt) {
        publish(RabbitQueue.retryQueue(delay.toMillis()), id, body);
    }

    @Override
    public void dead(String id, byte[] body) {
        publish(RabbitQueue.DEAD, id, body);
    }

    /** Returns when RabbitMQ has it on disk. */
    void publish(String name, String id, byte[] body) {
        try {
            send(name, id, body).confirmed.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
            queue.counters().reached();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw queue.counters().failed("Interrupted while publishing to", e);
        } catch (IOException | TimeoutException | ExecutionException | RuntimeException e) {
            throw queue.counters().failed("No confirmation from", e);
        }
    }

    private synchronized Pending send(String name, String id, byte[] body)
            throws IOException, TimeoutException {
        if (link == null || !link.channel.isOpen()) {
            drop();
            link = open();
        }
        var pending = new Pending(id, new CompletableFuture<>());
        link.pending.put(link.channel.getNextPublishSeqNo(), pending);
        link.channel.basicPublish(
                "",
                name,
                true,
                new AMQP.BasicProperties.Builder().messageId(id).deliveryMode(PERSISTENT).build(),
                body);
        return pending;
    }

    private Link open() throws IOException, TimeoutException {
        Connection connection = queue.connect("publisher");
        try {
            Channel channel = connection.createChannel();
            queue.declare(channel);
            channel.confirmSelect();
            var opened = new Link(connection, channel, new ConcurrentSkipListMap<>());
            channel.addConfirmListener(
                    (number, multiple) -> opened.settle(number, multiple, null),
                    (number, multiple) -> opened.settle(number, multiple, "refused"));
            channel.addReturnListener(back -> opened.returned(back.getProperties().getMessageId()));
            channel.addShutdownListener(
                    cause -> opened.settle(Long.MAX_VALUE, true, cause.getMessage()));
            return opened;
        } catch (IOException | RuntimeException e) {
            connection.abort();
            throw e;
        }
    }

    synchronized void close() {
        drop();
    }

    private synchronized void drop() {
        if (link != null) {
            link.connection.abort();
            link = null;
        }
    }
}
