package io.backpool.pool;

import io.backpool.config.PoolConfig;
import io.backpool.pool.Member.Ending;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What the pool knows of one run of a member beyond what that says itself: since when, whether it
 * was ever ready, why it is to end. Used by the pool's thread.
 */
final class MemberRun {
    /** Every reason of an end that another run may follow: what was planned, then what was not. */
    static final List<String> REASONS =
            List.of(
                    "restart",
                    "max-requests",
                    "max-age",
                    "max-memory",
                    "start",
                    "hung",
                    "oom",
                    "signal",
                    "exit");

    private static final Set<String> PLANNED =
            Set.of("restart", "max-requests", "max-age", "max-memory", "stop");

    /** Around {@code pool.max-requests}, so that members do not get there together. */
    private static final double JITTER = 0.1;

    private final String route;
    private final Member member;
    private final double jitter = 1 + JITTER * (2 * Math.random() - 1);
    private final int among;
    private final Duration startTimeout;
    private final long started;
    private final Heartbeats heartbeats = new Heartbeats();
    private boolean wasReady;

    /** Why it is to end; null: it is not. */
    private @Nullable String endReason;

    /** What it is ended for, in words; null: it was not ended for a fault. */
    private @Nullable String fault;

    /** Null while it is to go on. */
    private @Nullable Termination termination;

    /**
     * @param among how many members there are to be
     * @param startTimeout for it to become ready
     */
    MemberRun(String route, Member member, int among, Duration startTimeout, long now) {
        this.route = route;
        this.member = member;
        this.among = among;
        this.startTimeout = startTimeout;
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

    /** A sign of life, if it is time to look; at once, what the member itself says. */
    Heartbeats.Sign look(long now) {
        if (member.isLeaving()) {
            return Heartbeats.Sign.LEAVES;
        }
        Heartbeats.Sign sign = heartbeats.look(member, now);
        return member.problem() == null ? sign : Heartbeats.Sign.HANGS;
    }

    /** Which of these limits it has reached, about; null: none. */
    @Nullable String reachedLimit(PoolConfig limits, long now) {
        if (reached(() -> member.report().traffic().requests(), limits.maxRequests() * jitter)) {
            return "max-requests";
        }
        if (reached(() -> age(now).toMillis(), limits.maxAge().toMillis() * jitter)) {
            return "max-age";
        }
        return reached(() -> member.report().usage().memory(), (double) limits.maxMemory())
                ? "max-memory"
                : null;
    }

    private static boolean reached(DoubleSupplier value, double most) {
        return most > 0 && value.getAsDouble() >= most;
    }

    /** From now on its end is planned; the first reason stays. */
    void plan(String reason) {
        if (endReason == null) {
            endReason = reason;
        }
    }

    /** Its end is not planned any more. */
    void goOn() {
        endReason = null;
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
        return "start".equals(endReason) && fault != null
                ? new Ending("start", route + " " + fault, ending.exitCode(), ending.cut())
                : ending;
    }

    /** It hangs, or did not become ready: its threads are logged; for so long. */
    Duration endForFault() {
        String problem = wasReady ? member.problem() : member.notReady();
        endReason = wasReady ? "hung" : "start";
        if (wasReady) {
            fault = problem == null ? "hangs" : problem;
        } else {
            fault =
                    "was not ready within %d s".formatted(startTimeout.toSeconds())
                            + (problem == null ? "" : ": it " + problem);
        }
        return termination().dump(fault);
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
