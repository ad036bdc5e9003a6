package io.backpool.service.queue;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.DefaultConsumer;
import com.rabbitmq.client.Envelope;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Handles RabbitMQ's deliveries in this process. One thread keeps a connection; whatever was not
 * acknowledged on one that is lost, RabbitMQ delivers again.
 */
final class RabbitConsumer implements Broker.Consumer {
    private static final Logger LOG = LoggerFactory.getLogger(RabbitConsumer.class);
    private static final Duration AFTER_FAILURE = Duration.ofSeconds(1);

    private final Rabbit rabbit;
    private final Workers workers;
    private final Attempt attempt;
    private final Thread keeper = new Thread(this::run, "queue-amqp-keeper");
    private final CountDownLatch closing = new CountDownLatch(1);

    RabbitConsumer(Rabbit rabbit, int threads, Attempt attempt) {
        this.rabbit = rabbit;
        this.workers = new Workers(threads);
        this.attempt = attempt;
        keeper.setDaemon(true);
    }

    void start() {
        keeper.start();
    }

    @Override
    public void close() {
        closing.countDown();
        try {
            keeper.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        try {
            while (!isClosing(Duration.ZERO)) {
                if (!consume()) {
                    isClosing(AFTER_FAILURE);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Until the connection is lost (false) or we close. */
    private boolean consume() throws InterruptedException {
        try (Connection connection = rabbit.connect("consumer")) {
            var lost = new CountDownLatch(1);
            Channel channel = connection.createChannel();
            rabbit.declare(channel);
            channel.basicQos(workers.capacity());
            channel.addShutdownListener(cause -> lost.countDown());
            String tag = channel.basicConsume(Rabbit.MAIN, false, receiver(channel));
            rabbit.counters().reachability().reached();
            while (lost.getCount() > 0) {
                if (isClosing(Duration.ofMillis(50))) {
                    channel.basicCancel(tag);
                    workers.stop();
                    return true;
                }
            }
            rabbit.counters().failed(Counters.CONSUME, "Lost", new IOException("connection lost"));
            return false;
        } catch (IOException | TimeoutException | RuntimeException e) {
            rabbit.counters().failed(Counters.CONSUME, "Can't consume", e);
            return false;
        }
    }

    private DefaultConsumer receiver(Channel channel) {
        return new DefaultConsumer(channel) {
            @Override
            public void handleDelivery(
                    String tag, Envelope envelope, AMQP.BasicProperties properties, byte[] body) {
                String id =
                        Objects.requireNonNullElseGet(
                                properties.getMessageId(), () -> UUID.randomUUID().toString());
                workers.submit(() -> handle(channel, envelope.getDeliveryTag(), id, body));
            }
        };
    }

    private void handle(Channel channel, long delivery, String id, byte[] body) {
        try {
            attempt.run(id, body);
            channel.basicAck(delivery, false);
        } catch (InterruptedException e) {
            LOG.debug("queue - {} goes back unfinished", id);
            Thread.currentThread().interrupt();
        } catch (SQLException | QueueException e) {
            LOG.warn("queue - {} goes back: {}", id, e.getMessage());
            giveBack(channel, delivery);
        } catch (IOException | RuntimeException e) {
            LOG.debug("queue - {} is delivered again: the connection is lost", id, e);
        }
    }

    /** After a pause, since it comes back at once. */
    private void giveBack(Channel channel, long delivery) {
        try {
            isClosing(AFTER_FAILURE);
            channel.basicNack(delivery, false, true);
        } catch (IOException | RuntimeException e) {
            LOG.debug("queue - delivered again: the connection is lost", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Waits; true as soon as we are to close. */
    private boolean isClosing(Duration wait) throws InterruptedException {
        return closing.await(wait.toMillis(), TimeUnit.MILLISECONDS);
    }
}
