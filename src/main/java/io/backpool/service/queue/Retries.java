package io.backpool.service.queue;

import java.time.Duration;

/**
 * How often and how late a message that failed is tried again: each delay is twice the one before.
 *
 * @param attempts in all, 1 or more
 * @param first delay, before the second attempt
 * @param lease after which a message of a process that died is tried again, where the engine does
 *     not see its connection break
 */
record Retries(int attempts, Duration first, Duration lease) {
    static final Retries DEFAULT = new Retries(5, Duration.ofSeconds(1), Duration.ofSeconds(15));

    /** The delay after this attempt, the first being 1. */
    Duration after(int attempt) {
        return first.multipliedBy(1L << (attempt - 1));
    }

    boolean isLast(int attempt) {
        return attempt >= attempts;
    }
}
