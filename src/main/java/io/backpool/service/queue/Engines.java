package io.backpool.service.queue;

import io.backpool.config.ConfigException;
import io.backpool.config.QueueConfig;
import java.util.function.Supplier;
import javax.sql.DataSource;

/** Which engine a URL means. */
final class Engines {
    private Engines() {}

    static PoolQueue open(QueueConfig config, Supplier<DataSource> database, Retries retries) {
        var counters = new Counters(config.url());
        try {
            return new EngineQueue(
                    switch (config.url().scheme()) {
                        case "sqlite" -> new SqliteEngine(config, retries, counters);
                        case "amqp", "amqps" ->
                                new BrokerEngine(
                                        new Rabbit(config, retries, counters),
                                        new MessageStates(config, database, counters),
                                        retries,
                                        counters);
                        case "kafka", "kafkas" ->
                                new BrokerEngine(
                                        new Kafka(config, retries, counters),
                                        new MessageStates(config, database, counters),
                                        retries,
                                        counters);
                        default -> throw new IllegalArgumentException("no such engine");
                    },
                    counters);
        } catch (IllegalArgumentException e) {
            throw new ConfigException(
                    "queue.url: was "
                            + config.url()
                            + ", must be sqlite:FILE, amqp://USER:PASSWORD@HOST:PORT/VHOST or"
                            + " kafka://USER:PASSWORD@HOST:PORT,HOST:PORT (amqps:// and kafkas://"
                            + " with TLS): "
                            + e.getMessage());
        }
    }
}
