package io.backpool.service.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.ConnectionFactory;
import io.backpool.testkit.RabbitServer;
import io.backpool.testkit.RedisServer;
import io.backpool.testkit.TestServer;
import io.backpool.testkit.Wire;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The contract on the real RabbitMQ. */
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
    String wrongPasswordUrl() {
        return url().replace("guest:guest", "guest:wr0ng");
    }

    @Override
    void delete(String name) throws Exception {
        withChannel(channel -> channel.queueDelete("backpool." + name));
    }

    private static void withChannel(Use use) throws Exception {
        var factory = new ConnectionFactory();
        factory.setUri(rabbit.url());
        try (var connection = factory.newConnection();
                var channel = connection.createChannel()) {
            use.of(channel);
        }
    }

    private interface Use {
        void of(Channel channel) throws Exception;
    }

    /** Such as RabbitMQ 4 has by itself. */
    @Test
    void whatRabbitGivesUpByADeliveryLimitIsAmongTheDead() throws Exception {
        rabbit.control(
                "set_policy", "limited", "^backpool." + name() + "$", "{\"delivery-limit\":1}");
        try {
            String id = queue().publish(bytes("x"));
            withChannel(
                    channel -> {
                        for (int i = 0; i < 2; i++) {
                            await().until(() -> channel.messageCount("backpool." + name()) == 1);
                            var got = channel.basicGet("backpool." + name(), false);
                            channel.basicNack(got.getEnvelope().getDeliveryTag(), false, true);
                        }
                    });
            try (var consumer = queue().consume(1, message -> "at last")) {
                await().until(() -> state(id) == MessageState.DEAD);
                assertThat(queue().dead(1).get(0).reason()).contains("delivery_limit");
                assertThat(queue().retry(id)).isTrue();
                await().until(() -> state(id) == MessageState.DONE);
            }
        } finally {
            rabbit.control("clear_policy", "limited");
        }
    }

    @Test
    void aQueueThatIsThereIsUsedAsItIs() throws Exception {
        withChannel(
                channel -> channel.queueDeclare("backpool.classic", true, false, false, Map.of()));
        try (PoolQueue classic = open(url(), "classic");
                var consumer = classic.consume(1, message -> "taken")) {
            String id = classic.publish(bytes("x"));
            await().until(
                            () -> {
                                MessageStatus status = classic.find(id);
                                return status != null && status.state() == MessageState.DONE;
                            });
        }
    }

    @Test
    void overTlsTheServerMustBeTheOneThatTheUrlNames() {
        String trusted = "?cacert=" + rabbit.certificate().caFile();
        String other = rabbit.tlsUrl().replace("127.0.0.1", "localhost");
        assertPublishes(rabbit.tlsUrl() + trusted);
        assertPublishes(other + trusted + "&verify=off");
        for (String wrong : List.of(rabbit.tlsUrl(), other + trusted)) {
            try (PoolQueue queue = open(wrong, name())) {
                assertThatThrownBy(() -> queue.publish(bytes("x")))
                        .isInstanceOf(QueueException.class)
                        .hasMessageContaining("ertifi");
                assertThat(queue.isReachable()).isFalse();
            }
        }
    }

    private void assertPublishes(String url) {
        try (PoolQueue queue = open(url, name())) {
            assertThat(state(queue.publish(bytes("x")))).isEqualTo(MessageState.QUEUED);
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
                PoolQueue other = another()) {
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

    @Test
    void aQueueThatWasFullTakesMessagesAgainWhenThereAreFewer() throws Exception {
        queue().publish(bytes("first"));
        rabbit.control("set_policy", "short", "^backpool." + name() + "$", "{\"max-length\":1}");
        try {
            await().ignoreExceptions()
                    .untilAsserted(
                            () ->
                                    assertThatThrownBy(() -> queue().publish(bytes("second")))
                                            .hasMessageContaining("refused"));
            await().during(Duration.ofSeconds(2)).until(() -> !queue().isReachable());
            try (var consumer = queue().consume(1, message -> null)) {
                await().until(queue()::isReachable);
            }
        } finally {
            rabbit.control("clear_policy", "short");
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
