package io.backpool.config;

import java.time.Duration;

/**
 * What a member refuses. Sizes are bytes.
 *
 * @param headerSize largest head of a request or answer; also the size of an AJP packet and of a
 *     buffer, 8 KiB to 64 KiB (httpd's {@code ProxyIOBufferSize} takes no more)
 */
public record LimitsConfig(
        int headerSize,
        long bodySize,
        Duration headerTimeout,
        Duration idleTimeout,
        Duration requestTimeout,
        int connections) {}
