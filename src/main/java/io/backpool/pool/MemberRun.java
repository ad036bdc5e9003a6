package io.backpool.pool;

import io.backpool.pool.Member.Ending;
import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the pool knows of one run of a member beyond what that says itself: since when, whether it
 * was ever ready, why it is to end. Used by the pool's thread.
 */
final class MemberRun {
    /** For a run to become ready. */
    static final Duration LONGEST_START = Duration.ofMinutes(2);

    private static final String NOT_IN_TIME =
            "was not ready within " + LONGEST_START.toSeconds() + " s";

    private static final Set<String> PLANNED = Set.of("restart", "max-requests", "stop");

    /** Around {@code pool.max-requests}, so that members do not get there together. */
    private static final double JITTER = 0.1;

    private final String route;
    private final Member member;
    private final double jitter = 1 + JITTER * (2 * Math.random() - 1);
    private final int among;
    private final long started;
    private final Heartbeats heartbeats = new Heartbeats();
    private boolean wasReady;

    /** Why it is to end; null: it is not. */
    private @Nullable String endReason;

    /** Null while it is to go on. */
    private @Nullable Termination termination;

    /**
     * @param among how many members there are to be
     */
    MemberRun(String route, Member member, int among, long now) {
        this.route = route;
        this.member = member;
        this.among = among;
        this.started = now;
    }

    Member member() {
        return member;
    }

    /** How many members there were to be when it was started. */
    int startedAmong() {
        return among;
    }

    Duration age(long now) {
        return Duration.ofNanos(now - started);
    }

    boolean wasReady() {
        return wasReady;
    }

    void becameReady(long now) {
        wasReady = true;
        heartbeats.begin(now);
    }

    /** A sign of life, if it is time to look. */
    Heartbeats.Sign look(long now) {
        return heartbeats.look(member, now);
    }

    /** Whether it has served about so many requests; 0: there is no limit. */
    boolean hasServed(int most) {
        return most > 0 && member.report().traffic().requests() >= most * jitter;
    }

    /** From now on its end is planned; the first reason stays. */
    void plan(String reason) {
        if (endReason == null) {
            endReason = reason;
        }
    }

    /** Why it ended, in a word, for the counter. */
    String reason(Ending ending) {
        return endReason == null ? ending.reason() : endReason;
    }

    boolean isPlanned() {
        return endReason != null && PLANNED.contains(endReason);
    }

    /** How it ended, as seen from here. */
    Ending seen(Ending ending) {
        return "start".equals(endReason)
                ? new Ending("start", NOT_IN_TIME, ending.exitCode(), ending.cut())
                : ending;
    }

    /** It hangs, or did not become ready: its threads are logged; for so long. */
    Duration dump() {
        endReason = wasReady ? "hung" : "start";
        return termination().dump(wasReady ? "hangs" : NOT_IN_TIME);
    }

    /** TERM, the next time KILL; for so long. */
    Duration terminate(Duration drainTimeout) {
        return termination().next(drainTimeout);
    }

    private Termination termination() {
        if (termination == null) {
            termination = new Termination(route, member);
        }
        return termination;
    }
}
