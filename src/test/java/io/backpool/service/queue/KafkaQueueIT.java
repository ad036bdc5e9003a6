package io.backpool.service.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.backpool.config.ConfigException;
import io.backpool.testkit.KafkaServer;
import io.backpool.testkit.Ports;
import io.backpool.testkit.TestServer;
import io.backpool.testkit.Wire;
import io.undertow.Undertow;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The contract on the real Kafka, over TLS, with a user, of two servers that the URL names. */
class KafkaQueueIT extends BrokerContract {
    @TempDir static Path home;
    private static KafkaServer kafka;
    private static Undertow http;
    private static int httpPort;

    @BeforeAll
    static void start() {
        kafka = KafkaServer.start(home);
        httpPort = Ports.free();
        http = Undertow.builder().addHttpListener(httpPort, "127.0.0.1").build();
        http.start();
    }

    @AfterAll
    static void stop() {
        http.stop();
        kafka.close();
    }

    @Override
    String wrongPasswordUrl() {
        return url().replaceFirst("app:[^@]*@", "app:wr0ng@");
    }

    @Override
    void delete(String name) throws Exception {
        try (Admin admin =
                Admin.create(Map.<String, Object>of("bootstrap.servers", kafka.plain()))) {
            admin.deleteTopics(List.of("backpool." + name)).all().get();
        }
    }

    @Test
    void theServerMustBeTheOneThatTheUrlNames() {
        String other = url().replaceFirst("127.0.0.1:1,127.0.0.1", "localhost");
        try (PoolQueue queue = open(other, name())) {
            assertThatThrownBy(() -> queue.publish(bytes("x")))
                    .isInstanceOf(QueueException.class)
                    .hasMessageContaining("localhost");
        }
        try (PoolQueue queue = open(other + "&verify=off&mechanism=SCRAM-SHA-256", name())) {
            assertThat(state(queue.publish(bytes("x")))).isEqualTo(MessageState.QUEUED);
        }
    }

    @Test
    void aProcessThatComesTakesItsShareAndNothingIsDoneTwice() throws Exception {
        Set<String> ids = new HashSet<>();
        var handled = new ConcurrentLinkedQueue<String>();
        MessageHandler handler =
                message -> {
                    Thread.sleep(50);
                    handled.add(message.id());
                    return null;
                };
        for (int i = 0; i < 100; i++) {
            ids.add(queue().publish(bytes("x")));
        }
        try (var first = queue().consume(2, handler);
                PoolQueue other = another()) {
            await().until(() -> queue().stats().done() > 5);
            try (var second = other.consume(2, handler)) {
                await().atMost(Duration.ofMinutes(1)).until(() -> other.stats().done() > 5);
            }
            await().atMost(Duration.ofMinutes(1))
                    .until(() -> ids.stream().allMatch(id -> state(id) == MessageState.DONE));
        }
        assertThat(handled).containsExactlyInAnyOrderElementsOf(ids);
    }

    @Test
    void whatADeadProcessLeftInATransactionIsNotHandledAndHoldsUpNothingForLong() throws Exception {
        String topic = "backpool." + name();
        queue().publish(bytes("before"));
        Map<String, Object> settings =
                Map.of(
                        "bootstrap.servers", kafka.plain(),
                        "transactional.id", name(),
                        "transaction.timeout.ms", 2_000);
        var dead = new KafkaProducer<>(settings, new StringSerializer(), new ByteArraySerializer());
        dead.initTransactions();
        dead.beginTransaction();
        for (int partition = 0; partition < 8; partition++) {
            dead.send(new ProducerRecord<>(topic, partition, "never", bytes("never"))).get();
        }
        String after = queue().publish(bytes("after"));
        var handled = new ConcurrentLinkedQueue<String>();
        MessageHandler handler =
                message -> {
                    handled.add(text(message));
                    return null;
                };
        try (var consumer = queue().consume(2, handler)) {
            await().atMost(Duration.ofMinutes(1)).until(() -> state(after) == MessageState.DONE);
            awaitDepth(0);
        }
        assertThat(handled).containsExactlyInAnyOrder("before", "after");
        dead.close(Duration.ZERO);
    }

    @Override
    TestServer server() {
        return kafka;
    }

    @Override
    Wire wire() {
        return kafka.wire();
    }

    @Override
    String wireUrl() {
        return kafka.wireUrl();
    }

    @Override
    String urlOfAnotherKind() {
        return "kafka://127.0.0.1:" + httpPort;
    }

    @Test
    void aMessageThatKafkaDoesNotTakeIsRefusedAndTheNextIsTaken() {
        assertThatThrownBy(() -> queue().publish(new byte[2 << 20]))
                .isInstanceOf(QueueException.class)
                .hasMessageContaining("max.request.size");
        awaitDepth(0);
        await().until(queue()::isReachable);
        assertThat(state(queue().publish(bytes("small")))).isEqualTo(MessageState.QUEUED);
        assertThat(queue().isReachable()).isTrue();
    }

    @Test
    void aUrlThatCannotBeUsedIsAMistakeWithoutItsPassword() {
        for (String wrong :
                List.of(
                        "kafka://u@127.0.0.1:9092",
                        "kafka://u:s3cret@h:x",
                        "kafka://u:s3cret@h:9092,,g",
                        "kafka://u:s3cret@h?mechanism=MD5",
                        "kafka://u:s3cret@h?verify=off",
                        "kafkas://u:s3cret@h?verify=perhaps",
                        "kafkas://u:s3cret@h?cacert=/none",
                        "kafkas://u:s3cret@h?password=s3cret",
                        "kafka://h:9092/topic")) {
            assertThatThrownBy(() -> open(wrong, name()))
                    .isInstanceOf(ConfigException.class)
                    .hasMessageContaining("kafka://USER:PASSWORD@HOST:PORT,HOST:PORT")
                    .hasMessageNotContaining("s3cret");
        }
    }
}
