package io.backpool.service.queue;

import com.zaxxer.hikari.HikariDataSource;
import io.backpool.config.ServiceUrl;
import io.backpool.testkit.KafkaServer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/** The contract on the real Kafka; each test leaves without its topics. */
class KafkaQueueIT extends BrokerContract {
    @TempDir static Path home;
    private static KafkaServer kafka;

    @BeforeAll
    static void start() {
        kafka = KafkaServer.start(home);
    }

    @AfterAll
    static void stop() {
        kafka.close();
    }

    @Override
    Queue open(HikariDataSource database) {
        return new KafkaQueue(new ServiceUrl(url()), new Ledger(() -> database), QUICK);
    }

    @AfterEach
    void deleteTopics() throws Exception {
        String servers = url().replace("kafka://", "");
        try (Admin admin = Admin.create(Map.<String, Object>of("bootstrap.servers", servers))) {
            admin.deleteTopics(List.of(KafkaQueue.MAIN, KafkaQueue.RETRY, KafkaQueue.DEAD))
                    .all()
                    .get();
        }
    }

    @Override
    String url() {
        return kafka.url();
    }

    @Override
    void kill() {
        kafka.kill();
    }

    @Override
    void restart() {
        kafka.restart();
    }
}
