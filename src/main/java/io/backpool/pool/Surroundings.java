package io.backpool.pool;

import io.backpool.balancer.Rotation;
import io.backpool.pool.Member.Ending;
import java.time.Duration;

/** What the lives of all members share. */
interface Surroundings {
    Rotation rotation();

    /** Nanoseconds of a clock that only goes forward. */
    long now();

    /** Whether an operator keeps all members out of every httpd. */
    boolean isPaused();

    /** How long each request waits in its member until an operator lets it in; zero: none does. */
    Duration hold();

    /** How many members there are. */
    int size();

    Member start(int index, Release release);

    /** Whether a run of member {@code index} may start now: the machine bears a few at a time. */
    boolean mayStart(int index);

    /** Whether a member that can't start is the end of the pool: while that starts itself. */
    boolean endsAtFailedStart();

    /** A run ended; {@code reason} is one of {@link MemberLife#REASONS}, or {@code stop}. */
    void ended(MemberLife life, Ending ending, String reason);
}
