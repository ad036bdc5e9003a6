package io.backpool.service.queue;

import io.backpool.config.QueueConfig;
import io.backpool.config.ServiceUrl;
import java.time.Duration;
import java.util.function.Supplier;
import javax.sql.DataSource;

/** Queues that are opened as tests want them. */
final class TestQueues {
    static final String NAME = "test";

    /** Retries and leases that a test can wait for. */
    static final Retries QUICK = new Retries(3, Duration.ofMillis(300), Duration.ofSeconds(2));

    private TestQueues() {}

    static PoolQueue open(String url, Supplier<DataSource> database) {
        return open(url, NAME, database);
    }

    static PoolQueue open(String url, String name, Supplier<DataSource> database) {
        return PoolQueue.open(config(url, name), database, QUICK);
    }

    static QueueConfig config(String url, String name) {
        return new QueueConfig(
                new ServiceUrl(url), name, Duration.ofHours(1), Duration.ofSeconds(10));
    }
}
