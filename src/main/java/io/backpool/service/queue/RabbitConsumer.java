package io.backpool.service.queue;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.DefaultConsumer;
import com.rabbitmq.client.Envelope;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Handles RabbitMQ's deliveries in this process. Whatever was not acknowledged on a connection that
 * is lost, RabbitMQ delivers again.
 */
final class RabbitConsumer implements BrokerThread.Work {
    private static final Logger LOG = LoggerFactory.getLogger(RabbitConsumer.class);

    private final Rabbit rabbit;
    private final Workers workers;
    private final Attempt attempt;

    RabbitConsumer(Rabbit rabbit, Workers workers, Attempt attempt) {
        this.rabbit = rabbit;
        this.workers = workers;
        this.attempt = attempt;
    }

    /** Until we close; throws when the connection is lost or RabbitMQ ends the subscription. */
    @Override
    public void consume(BrokerThread thread)
            throws InterruptedException, IOException, TimeoutException {
        try (Connection connection = rabbit.connect("consumer")) {
            var lost = new CountDownLatch(1);
            rabbit.declare(connection);
            Channel channel = connection.createChannel();
            channel.basicQos(workers.capacity());
            channel.addShutdownListener(cause -> lost.countDown());
            List<String> tags =
                    List.of(
                            channel.basicConsume(rabbit.dead, false, new Receiver(channel, lost)),
                            channel.basicConsume(rabbit.main, false, new Receiver(channel, lost)));
            rabbit.counters().reachability().reached(Counters.CONSUME);
            while (lost.getCount() > 0) {
                if (thread.isClosing(Duration.ofMillis(50))) {
                    for (String tag : tags) {
                        channel.basicCancel(tag);
                    }
                    thread.endHandlers();
                    return;
                }
            }
            throw new IOException("connection lost, or queue deleted");
        }
    }

    /** Of one subscription; hands over what RabbitMQ delivers. */
    private final class Receiver extends DefaultConsumer {
        private final CountDownLatch lost;

        Receiver(Channel channel, CountDownLatch lost) {
            super(channel);
            this.lost = lost;
        }

        /** The queue was deleted, or has moved. */
        @Override
        public void handleCancel(String tag) {
            lost.countDown();
        }

        @Override
        public void handleDelivery(
                String tag, Envelope envelope, AMQP.BasicProperties properties, byte[] body) {
            workers.submit(() -> handle(envelope, properties, body));
        }

        private void handle(Envelope envelope, AMQP.BasicProperties properties, byte[] body) {
            BooleanSupplier given = () -> workers.isStopping() || !getChannel().isOpen();
            String id =
                    Objects.requireNonNullElseGet(
                            properties.getMessageId(), () -> UUID.randomUUID().toString());
            if (given.getAsBoolean()) {
                return; // RabbitMQ delivers it again.
            }
            try {
                if (envelope.getRoutingKey().equals(rabbit.dead)) {
                    attempt.bury(id, body, "RabbitMQ gave it up: " + reason(properties), given);
                } else {
                    attempt.run(id, body, given);
                }
                getChannel().basicAck(envelope.getDeliveryTag(), false);
            } catch (InterruptedException e) {
                LOG.debug("queue - {} goes back unfinished", id);
                Thread.currentThread().interrupt();
            } catch (IOException | RuntimeException e) {
                LOG.debug("queue - {} is delivered again: the connection is lost", id, e);
            }
        }

        /** RabbitMQ's own word, such as {@code delivery_limit}. */
        private static @Nullable Object reason(AMQP.BasicProperties properties) {
            Map<String, Object> headers = properties.getHeaders();
            return headers == null ? null : headers.get("x-first-death-reason");
        }
    }
}
