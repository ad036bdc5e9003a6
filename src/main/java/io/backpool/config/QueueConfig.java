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
    static final KeyList KEYS = new KeyList();

    static final Key<ServiceUrl> URL =
            KEYS.add(
                    "queue.url",
                    ValueType.url(
                            "sqlite:[^/].*|sqlite:/[^/].*|amqps?://.+|kafkas?://.+",
                            "sqlite:FILE, amqp://USER:PASSWORD@HOST:PORT/VHOST or"
                                    + " kafka://USER:PASSWORD@HOST:PORT,HOST:PORT"
                                    + " (amqps:// and kafkas:// with TLS)"),
                    "sqlite:data/queue.db",
                    "The queue: sqlite:FILE, amqp://USER:PASSWORD@HOST:PORT/VHOST or"
                            + " kafka://HOST:PORT,HOST:PORT; amqps:// and kafkas:// with"
                            + " TLS.");
    static final Key<String> NAME =
            KEYS.add(
                    "queue.name",
                    ValueType.SAFE_NAME,
                    null,
                    "Name of its tables, queues, topics; pools with the same one share messages;"
                            + " absent: pool.name.");
    static final Key<Duration> KEEP_DONE =
            KEYS.add(
                    "queue.keep-done",
                    ValueType.duration(Duration.ofMinutes(1), Duration.ofDays(30)),
                    "24h",
                    "How long the state of a done message can be asked for; its body goes at"
                            + " once.");

    static QueueConfig read(Settings from, PoolConfig pool) {
        return new QueueConfig(
                from.value(URL),
                from.ofPool(NAME, pool),
                from.value(KEEP_DONE),
                pool.drainTimeout());
    }
}
