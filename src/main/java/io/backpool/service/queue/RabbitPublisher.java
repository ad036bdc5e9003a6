package io.backpool.service.queue;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import io.backpool.engine.OpenedOnce;
import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Publishes over one channel that all threads share, and waits for RabbitMQ's confirmation. Many
 * wait at the same time.
 */
final class RabbitPublisher {
    private static final Logger LOG = LoggerFactory.getLogger(RabbitPublisher.class);
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final int CLOSING_MILLIS = 2_000;
    private static final int PERSISTENT = 2;
    private static final long NOT_FULL = -1;
    private static final long NOT_COUNTED = -2;

    private final Rabbit rabbit;
    private final OpenedOnce<Link, Exception> link = new OpenedOnce<>(this::open);

    /**
     * How many messages were ready when the queue was last found to be full; {@link #NOT_COUNTED}
     * from a refusal to the next look, {@link #NOT_FULL} else.
     */
    private final AtomicLong full = new AtomicLong(NOT_FULL);

    RabbitPublisher(Rabbit rabbit) {
        this.rabbit = rabbit;
    }

    /**
     * A connection, its channel and what was published on it and not confirmed yet.
     *
     * @param socket to break it by, where closing it would wait for what can't be written
     * @param blocked why RabbitMQ reads nothing from it, such as a full disk; null: it reads
     */
    private record Link(
            Connection connection,
            Channel channel,
            Socket socket,
            ConcurrentNavigableMap<Long, Pending> pending,
            AtomicReference<@Nullable String> blocked) {
        Link(Connection connection, Channel channel, Socket socket) {
            this(
                    connection,
                    channel,
                    socket,
                    new ConcurrentSkipListMap<>(),
                    new AtomicReference<>());
        }

        void publish(String name, String id, byte[] body) throws IOException {
            var written = new CompletableFuture<Boolean>();
            var unused =
                    written.completeOnTimeout(false, PATIENCE.toMillis(), TimeUnit.MILLISECONDS)
                            .thenAccept(this::cutUnless);
            try {
                requireUnblocked();
                channel.basicPublish("", name, true, properties(id), body);
            } catch (IOException | RuntimeException e) {
                requireUnblocked();
                throw e;
            } finally {
                written.complete(true);
            }
        }

        private void requireUnblocked() throws IOException {
            String reason = blocked.get();
            if (reason != null) {
                throw new IOException("takes nothing: " + reason);
            }
        }

        /** Ends a write that RabbitMQ does not read. */
        private void cutUnless(boolean inTime) {
            if (!inTime) {
                try {
                    socket.close();
                } catch (IOException e) {
                    LOG.debug("queue - the socket does not close", e);
                }
            }
        }

        private static AMQP.BasicProperties properties(String id) {
            return new AMQP.BasicProperties.Builder()
                    .messageId(id)
                    .deliveryMode(PERSISTENT)
                    .build();
        }

        void block(String reason) {
            blocked.set(reason);
            settle(Long.MAX_VALUE, true, "takes nothing: " + reason);
        }

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

    /** Returns when RabbitMQ has it on disk. */
    void publish(String name, String id, byte[] body) {
        try {
            send(name, id, body).confirmed.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
            full.set(NOT_FULL);
            rabbit.counters().reachability().reached(Counters.PUBLISH);
        } catch (Exception e) { // That it was interrupted, the counters know.
            throw rabbit.counters().failed(Counters.PUBLISH, "No confirmation from", e);
        }
    }

    /**
     * Whether RabbitMQ would take a message, as far as it can be seen without one.
     *
     * @param ready how many wait in the queue to be delivered; one that was full has room when
     *     there are fewer
     */
    boolean hasRoom(long ready) {
        full.compareAndSet(NOT_COUNTED, ready);
        long limit = full.get();
        if (limit > 0 && ready >= limit) {
            return false;
        }
        full.compareAndSet(limit, NOT_FULL);
        try {
            return openLink().blocked.get() == null;
        } catch (Exception e) {
            LOG.debug("queue - no connection to publish over", e);
            return false;
        }
    }

    private Pending send(String name, String id, byte[] body) throws Exception {
        Link current = openLink();
        var pending = new Pending(id, new CompletableFuture<>());
        synchronized (current) {
            current.pending.put(current.channel.getNextPublishSeqNo(), pending);
            current.publish(name, id, body);
        }
        return pending;
    }

    private Link openLink() throws Exception {
        Link current = link.get();
        if (!current.channel.isOpen()) {
            drop(current);
            current = link.get();
        }
        return current;
    }

    private Link open() throws IOException, TimeoutException {
        var socket = new AtomicReference<Socket>();
        Connection connection = rabbit.connect("publisher", socket::set);
        try {
            rabbit.declare(connection);
            Channel channel = connection.createChannel();
            channel.confirmSelect();
            var opened = new Link(connection, channel, Objects.requireNonNull(socket.get()));
            connection.addBlockedListener(opened::block, () -> unblocked(opened));
            channel.addConfirmListener(
                    (number, multiple) -> opened.settle(number, multiple, null),
                    (number, multiple) -> {
                        full.compareAndSet(NOT_FULL, NOT_COUNTED);
                        opened.settle(number, multiple, "refused");
                    });
            channel.addReturnListener(back -> opened.returned(back.getProperties().getMessageId()));
            channel.addShutdownListener(
                    cause -> opened.settle(Long.MAX_VALUE, true, cause.getMessage()));
            return opened;
        } catch (IOException | TimeoutException | RuntimeException e) {
            connection.abort(CLOSING_MILLIS);
            throw e;
        }
    }

    private void unblocked(Link opened) {
        opened.blocked.set(null);
        rabbit.counters().reachability().reached(Counters.PUBLISH);
    }

    void close() {
        Link opened = link.drop();
        if (opened != null) {
            opened.connection.abort(CLOSING_MILLIS);
        }
    }

    private void drop(Link lost) {
        if (link.drop(lost)) {
            lost.connection.abort(CLOSING_MILLIS);
        }
    }
}
