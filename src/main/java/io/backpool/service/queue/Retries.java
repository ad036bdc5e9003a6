package io.backpool.service.queue;

import java.time.Duration;

/**
 * How often and how late a message that failed is tried again: each delay is twice the one before.
 *
 * @param attempts in all, 1 or more
 * @param first delay, before the second attempt
 */
record Retries(int attempts, Duration first) {
    static final Retries DEFAULT = new Retries(5, Duration.ofSeconds(1));

    /** The delay after this attempt, the first being 1. */
    Duration after(int attempt) {
        return first.multipliedBy(1L << (attempt - 1));
    }

    boolean isLast(int attempt) {
        return attempt >= attempts;
    }
}
