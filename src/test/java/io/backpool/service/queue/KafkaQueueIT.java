package io.backpool.service.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.backpool.config.ConfigException;
import io.backpool.config.ServiceUrl;
import io.backpool.testkit.KafkaServer;
import io.backpool.testkit.Ports;
import io.backpool.testkit.TestServer;
import io.backpool.testkit.Wire;
import io.undertow.Undertow;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The contract on the real Kafka; each test leaves without its topics. */
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
    Queue open(String url) {
        return BrokerQueue.kafka(new ServiceUrl(url), new Ledger(this::database), QUICK);
    }

    @AfterEach
    void deleteTopics() throws Exception {
        String servers = url().replace("kafka://", "");
        try (Admin admin = Admin.create(Map.<String, Object>of("bootstrap.servers", servers))) {
            Set<String> made = admin.listTopics().names().get();
            List<String> ours = List.of(Kafka.MAIN, Kafka.RETRY, Kafka.DEAD);
            admin.deleteTopics(ours.stream().filter(made::contains).toList()).all().get();
        }
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
        assertThat(queue().stats().depth()).isZero();
        assertThat(state(queue().publish(bytes("small")))).isEqualTo(MessageState.QUEUED);
        assertThat(queue().isReachable()).isTrue();
    }

    @Test
    void aUrlWithAUserIsAMistakeSinceItsPasswordWouldGoNowhere() {
        for (String wrong : List.of("kafka://u:s3cret@127.0.0.1:9092", "kafka://h:9092/topic")) {
            assertThatThrownBy(() -> Queue.open(new ServiceUrl(wrong), this::database))
                    .isInstanceOf(ConfigException.class)
                    .hasMessageContaining("kafka://HOST:PORT, without user or TLS")
                    .hasMessageNotContaining("s3cret");
        }
    }
}
