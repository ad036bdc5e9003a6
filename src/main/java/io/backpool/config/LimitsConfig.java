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
    static LimitsConfig read(Settings from) {
        return new LimitsConfig(
                Math.toIntExact(from.value(Keys.HEADER_SIZE)),
                from.value(Keys.BODY_SIZE),
                from.value(Keys.HEADER_TIMEOUT),
                from.value(Keys.BODY_TIMEOUT),
                from.value(Keys.IDLE_TIMEOUT),
                from.value(Keys.REQUEST_TIMEOUT),
                from.value(Keys.WRITE_TIMEOUT),
                from.value(Keys.CONNECTIONS),
                from.value(Keys.CONCURRENCY),
                from.value(Keys.QUEUE_WAIT),
                from.value(Keys.QUEUE));
    }
}
