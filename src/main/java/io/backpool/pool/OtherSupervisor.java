package io.backpool.pool;

import org.jspecify.annotations.Nullable;

/**
 * The other process of the pool in an upgrade, by lines of text. The new one asks with {@code give
 * K BOOLEAN} for the place of member K, and says whether a member of its own serves; tells {@code
 * up TEXT} of each that is; {@code done PID}, with its own, when it has all; {@code failed TEXT}
 * before it ends. The old one answers {@code given K COUNT}, with the number of its members, or
 * {@code stop}; after {@code done} it ends. Safe for all threads; no method waits.
 */
public interface OtherSupervisor {
    /** Tells it something, as long as it is there. */
    void say(String line);

    /** What it said next; null: nothing yet. */
    @Nullable String next();

    /** Whether it has ended, however it did, and everything that it said was read. */
    boolean isGone();
}
