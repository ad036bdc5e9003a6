package io.backpool.service.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.rabbitmq.client.ConnectionFactory;
import com.zaxxer.hikari.HikariDataSource;
import io.backpool.config.ServiceUrl;
import io.backpool.testkit.RabbitServer;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The contract on the real RabbitMQ; each test leaves its queues empty. */
class RabbitQueueIT extends BrokerContract {
    @TempDir static Path home;
    private static RabbitServer rabbit;

    @BeforeAll
    static void start() {
        rabbit = RabbitServer.start(home);
    }

    @AfterAll
    static void stop() {
        rabbit.close();
    }

    @Override
    Queue open(HikariDataSource database) {
        return new RabbitQueue(new ServiceUrl(url()), new Ledger(() -> database), QUICK);
    }

    @AfterEach
    void emptyQueues() throws Exception {
        var factory = new ConnectionFactory();
        factory.setUri(url());
        try (var connection = factory.newConnection();
                var channel = connection.createChannel()) {
            // Not deleted: RabbitMQ 3.10 mixes up a queue that was made twice before a kill -9.
            channel.queuePurge(RabbitQueue.MAIN);
            channel.queuePurge(RabbitQueue.DEAD);
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

    @Override
    String url() {
        return rabbit.url();
    }

    @Override
    void kill() {
        rabbit.kill();
    }

    @Override
    void restart() {
        rabbit.restart();
    }
}
