package io.backpool.config;

import java.time.Duration;

/**
 * The queue.
 *
 * @param url a SQLite file, RabbitMQ or Kafka
 * @param name part of each table, queue, topic and group; pools with the same one share messages
 * @param keepDone how long the state of a done message is kept; its body goes at once
 * @param grace how long handlers may take to end when the pool stops
 */
public record QueueConfig(ServiceUrl url, String name, Duration keepDone, Duration grace) {
    static QueueConfig read(Settings from, PoolConfig pool) {
        return new QueueConfig(
                from.value(Keys.QUEUE_URL),
                from.ofPool(Keys.QUEUE_NAME, pool),
                from.value(Keys.QUEUE_KEEP_DONE),
                pool.drainTimeout());
    }
}
