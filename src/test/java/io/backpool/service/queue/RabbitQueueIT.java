package io.backpool.service.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.rabbitmq.client.ConnectionFactory;
import io.backpool.config.ServiceUrl;
import io.backpool.testkit.RabbitServer;
import io.backpool.testkit.RedisServer;
import io.backpool.testkit.TestServer;
import io.backpool.testkit.Wire;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The contract on the real RabbitMQ; each test leaves its queues empty. */
class RabbitQueueIT extends BrokerContract {
    @TempDir static Path home;
    private static RabbitServer rabbit;
    private static Wire wire;
    private static RedisServer redis;

    @BeforeAll
    static void start() {
        rabbit = RabbitServer.start(home);
        wire = Wire.to(rabbit.port());
        redis = RedisServer.start(home);
    }

    @AfterAll
    static void stop() {
        redis.close();
        wire.close();
        rabbit.close();
    }

    @Override
    Queue open(String url) {
        return BrokerQueue.rabbit(new ServiceUrl(url), new Ledger(this::database), QUICK);
    }

    @AfterEach
    void emptyQueues() throws Exception {
        var factory = new ConnectionFactory();
        factory.setUri(url());
        try (var connection = factory.newConnection();
                var channel = connection.createChannel()) {
            // Not deleted: RabbitMQ 3.10 mixes up a queue that was made twice before a kill -9.
            channel.queuePurge(Rabbit.MAIN);
            channel.queuePurge(Rabbit.DEAD);
        }
    }

    @Test
    void aWrongPasswordIsSaidAndNotShown() {
        var url = new ServiceUrl(url().replace("guest:guest", "guest:s3cret"));
        try (Queue queue = Queue.open(url, this::database)) {
            assertThatThrownBy(() -> queue.publish(bytes("x")))
                    .isInstanceOf(QueueException.class)
                    .hasMessageContaining("ACCESS_REFUSED")
                    .hasMessageNotContaining("s3cret");
            assertThat(queue.stats().reachable()).isFalse();
        }
    }

    @Test
    void anotherProcessTakesWhatThisOneIsTooBusyFor() throws Exception {
        var go = new CountDownLatch(1);
        var begun = new CountDownLatch(1);
        for (int i = 0; i < 20; i++) {
            queue().publish(bytes("x"));
        }
        MessageHandler handler =
                message -> {
                    begun.countDown();
                    go.await();
                    return null;
                };
        try (var busy = queue().consume(1, handler);
                Queue other = open(database())) {
            begun.await();
            try (var free = other.consume(1, message -> null)) {
                await().until(() -> other.stats().done() == 18);
            }
            go.countDown();
        }
    }

    @Test
    void aFullOneTurnsEveryoneAwayAndKeepsWhatItHas() throws Exception {
        String kept = queue().publish(bytes("kept"));
        try {
            rabbit.control("set_vm_memory_high_watermark", "absolute", "1024");
            byte[] large = new byte[16 << 20];
            assertThatThrownBy(() -> queue().publish(large))
                    .isInstanceOf(QueueException.class)
                    .hasMessageContaining("takes nothing");
            assertAllAreTurnedAway(queue());
            assertThat(queue().isReachable()).isFalse();
        } finally {
            rabbit.control("set_vm_memory_high_watermark", "0.6");
        }
        awaitPublished(queue());
        assertThat(queue().isReachable()).isTrue();
        try (var consumer = queue().consume(2, message -> null)) {
            await().until(() -> state(kept) == MessageState.DONE);
        }
    }

    @Override
    TestServer server() {
        return rabbit;
    }

    @Override
    Wire wire() {
        return wire;
    }

    @Override
    String wireUrl() {
        return wire.through(rabbit.url());
    }

    @Override
    String urlOfAnotherKind() {
        return "amqp://guest:guest@127.0.0.1:" + redis.port();
    }
}
