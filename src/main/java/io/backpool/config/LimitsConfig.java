package io.backpool.config;

import java.time.Duration;

/**
 * What a member refuses. Sizes are bytes.
 *
 * @param headerSize largest head of a request or answer; also the size of an AJP packet and of a
 *     buffer, 8 KiB to 64 KiB (httpd's {@code ProxyIOBufferSize} takes no more)
 * @param headerTimeout for a whole request head or AJP packet
 * @param bodyTimeout longest silence within a body
 * @param requestTimeout longest silence of the application, before its answer and within it
 * @param writeTimeout longest time in which a client reads nothing of its answer
 * @param queueWait longest wait of a request for its turn to do blocking work
 * @param queue of requests that wait for their turn at once
 */
public record LimitsConfig(
        int headerSize,
        long bodySize,
        Duration headerTimeout,
        Duration bodyTimeout,
        Duration idleTimeout,
        Duration requestTimeout,
        Duration writeTimeout,
        int connections,
        Concurrency concurrency,
        Duration queueWait,
        int queue) {
    static final KeyList KEYS = new KeyList();

    static final Key<Long> HEADER_SIZE =
            KEYS.add(
                    "limits.header-size",
                    ValueType.size("8k", "64k"),
                    "64k",
                    "Largest request or response head, AJP packet and buffer.");
    static final Key<Long> BODY_SIZE =
            KEYS.add("limits.body-size", ValueType.size("1", "2g"), "16m", "Largest request body.");
    static final Key<Duration> HEADER_TIMEOUT =
            KEYS.add(
                    "limits.header-timeout",
                    ValueType.UP_TO_AN_HOUR,
                    "10s",
                    "Time for a whole request head or AJP packet.");
    static final Key<Duration> BODY_TIMEOUT =
            KEYS.add(
                    "limits.body-timeout",
                    ValueType.UP_TO_AN_HOUR,
                    "30s",
                    "Longest silence within a request body.");
    static final Key<Duration> IDLE_TIMEOUT =
            KEYS.add(
                    "limits.idle-timeout",
                    ValueType.duration(Duration.ofSeconds(4), Duration.ofDays(1)),
                    "75s",
                    "An idle connection is closed after this; httpd's ttl is kept below it.");
    static final Key<Duration> REQUEST_TIMEOUT =
            KEYS.add(
                    "limits.request-timeout",
                    ValueType.UP_TO_AN_HOUR,
                    "60s",
                    "Longest silence of the application: 503, or the answer is cut.");
    static final Key<Duration> WRITE_TIMEOUT =
            KEYS.add(
                    "limits.write-timeout",
                    ValueType.UP_TO_AN_HOUR,
                    "60s",
                    "Longest time in which a client reads nothing of its answer.");
    static final Key<Integer> CONNECTIONS =
            KEYS.add(
                    "limits.connections",
                    ValueType.integer(1, 1_000_000),
                    "20000",
                    "Connections of one listener; the next ones wait to be accepted.");
    static final Key<Concurrency> CONCURRENCY =
            KEYS.add(
                    "limits.concurrency",
                    ValueType.CONCURRENCY,
                    "adaptive",
                    "Requests of a process that do blocking work at once; adaptive: as many as"
                            + " begin in time.");
    static final Key<Duration> QUEUE_WAIT =
            KEYS.add(
                    "limits.queue-wait",
                    ValueType.duration(Duration.ofMillis(10), Duration.ofMinutes(1)),
                    "100ms",
                    "A request for blocking work that would wait longer for its turn gets 503.");
    static final Key<Integer> QUEUE =
            KEYS.add(
                    "limits.queue",
                    ValueType.integer(0, 100_000),
                    "10000",
                    "Requests that wait for their turn at once; the next ones get 503.");

    static LimitsConfig read(Settings from) {
        return new LimitsConfig(
                Math.toIntExact(from.value(HEADER_SIZE)),
                from.value(BODY_SIZE),
                from.value(HEADER_TIMEOUT),
                from.value(BODY_TIMEOUT),
                from.value(IDLE_TIMEOUT),
                from.value(REQUEST_TIMEOUT),
                from.value(WRITE_TIMEOUT),
                from.value(CONNECTIONS),
                from.value(CONCURRENCY),
                from.value(QUEUE_WAIT),
                from.value(QUEUE));
    }
}
