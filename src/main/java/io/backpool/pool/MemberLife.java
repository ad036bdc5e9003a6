package io.backpool.pool;

import io.backpool.pool.LifeState.Event;
import io.backpool.pool.Member.Ending;
import io.backpool.pool.Member.Report;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The life of one member: its index, its route, and the runs that it has one after the other.
 * {@link LifeState} has the states and what can happen in each; this class has what is done then.
 * Used by the pool's thread alone, but for {@link #state}, {@link #release} and {@link #report}.
 */
final class MemberLife {
    /** Every reason of an end that another run may follow: what was wanted, then what was not. */
    static final List<String> REASONS =
            List.of("restart", "max-requests", "start", "hung", "oom", "signal", "exit");

    private static final Set<String> PLANNED = Set.of("restart", "max-requests", "stop");

    /** For a run to become ready. */
    static final Duration LONGEST_START = Duration.ofMinutes(2);

    private static final String NOT_IN_TIME =
            "was not ready within " + LONGEST_START.toSeconds() + " s";

    /** A pass over httpd takes a second, and its answer: more waiting changes nothing. */
    static final Duration LONGEST_AGREEMENT = Duration.ofSeconds(5);

    /** Beyond {@code pool.drain-timeout}. */
    static final Duration MARGIN = Duration.ofSeconds(5);

    private static final Duration NEVER = Duration.ofDays(10_000);

    private static final Logger LOG = LoggerFactory.getLogger(MemberLife.class);

    /** Around {@code pool.max-requests}, so that members do not get there together. */
    private static final double JITTER = 0.1;

    private final int index;
    private final String route;
    private final Surroundings pool;
    private final Backoff backoff;
    private final double jitter = 1 + JITTER * (2 * Math.random() - 1);

    private volatile LifeState state = LifeState.WAITING;
    private volatile Release release;
    private volatile @Nullable Member run;
    private final AtomicInteger starts = new AtomicInteger();

    private boolean drainedByHand;
    private boolean stopping;
    private boolean wasReady;
    private long started;

    /** When {@link #state} has lasted long enough, a value of the clock. */
    private long due;

    /** What the next run is of. */
    private Release next;

    /** What ran before a replacement that has not been ready yet. */
    private @Nullable Release fallback;

    /** How the last start failed; null: it did not. */
    private @Nullable Ending failedStart;

    /** Why the run is to end; null: it is not. */
    private @Nullable String endReason;

    private Duration grace = Duration.ZERO;
    private boolean httpdNotified;
    private final Heartbeats heartbeats = new Heartbeats();

    /** Null while the run is to go on. */
    private @Nullable Termination termination;

    MemberLife(int index, String route, Release release, Surroundings pool, Backoff backoff) {
        this.index = index;
        this.route = route;
        this.release = release;
        this.next = release;
        this.pool = pool;
        this.backoff = backoff;
        this.due = now();
    }

    int index() {
        return index;
    }

    String route() {
        return route;
    }

    LifeState state() {
        return state;
    }

    Release release() {
        return release;
    }

    /** How many runs were started. */
    int starts() {
        return starts.get();
    }

    boolean isDrainedByHand() {
        return drainedByHand;
    }

    /** How the last start failed; null: it did not, or has not yet. */
    @Nullable Ending failedStart() {
        return failedStart;
    }

    /** Whether every httpd confirmed, the last time that the member left, that it knows. */
    boolean wasHttpdNotified() {
        return httpdNotified;
    }

    /** Whether the run began a moment ago and is not ready yet. */
    boolean isStartingSince(Duration longest) {
        return state == LifeState.STARTING && now() - started < longest.toNanos();
    }

    /** Whether the run has served as many requests as {@code pool.max-requests} allows. */
    boolean reachedMaxRequests() {
        int most = release.settings().maxRequests();
        return most > 0
                && state.takesNewClients()
                && running().report().traffic().requests() >= most * jitter;
    }

    void drain() {
        drainedByHand = true;
        on(Event.DRAIN);
    }

    void resume() {
        drainedByHand = false;
        pool.rotation().resume(index);
        on(Event.RESUME);
    }

    /**
     * Ends the run as planned and starts another.
     *
     * @param next what the next run is of
     * @param reason one of {@link #REASONS}
     */
    void replace(Release next, String reason, Duration grace) {
        fallback = release;
        this.next = next;
        failedStart = null;
        end(reason, grace, Event.REPLACE);
        if (state == LifeState.WAITING) {
            due = now();
        }
    }

    /** Ends the run as planned, and this life. */
    void stop(Duration grace) {
        stopping = true;
        end("stop", grace, Event.STOP);
    }

    private void end(String reason, Duration grace, Event event) {
        if (endReason == null) {
            endReason = reason;
        }
        this.grace = grace;
        if (state == LifeState.GRACE) {
            due = Math.min(due, now() + grace.toNanos());
        }
        on(event);
    }

    void reopenLogs() {
        Member now = run;
        if (now != null) {
            now.reopenLogs();
        }
    }

    /** Looks what has happened, and does what follows from it. */
    void tick() {
        Member now = run;
        if (now != null) {
            Ending ending = now.ending();
            if (ending != null) {
                ended(now, ending);
            } else if (state == LifeState.STARTING && now.report().ready()) {
                on(drainedByHand ? Event.READY_DRAINED : Event.READY);
            } else if (state.isReady() && heartbeats.areMissed(now, now())) {
                on(Event.HUNG);
            }
        }
        if (state.awaitsHttpd() && pool.rotation().isAgreed(index, Set.of())) {
            on(Event.AGREED);
        }
        if (now() - due >= 0 && (state != LifeState.WAITING || pool.mayStart())) {
            on(Event.OVERDUE);
        }
    }

    private void on(Event event) {
        LifeState after = state.after(event);
        if (after == null) {
            assert false : route + ": " + event + " in " + state;
            LOG.error("{} - impossible: {} while {}", route, event, state);
            return;
        }
        LifeState before = state;
        if (after != before || event == Event.OVERDUE) {
            state = after;
            due = now() + NEVER.toNanos();
            enter(before, event);
        } else if (event == Event.AGREED) {
            due = Math.min(due, now() + grace.toNanos());
        }
    }

    private void enter(LifeState before, Event event) {
        switch (state) {
            case WAITING -> pool.rotation().disable(index);
            case STOPPED -> pool.rotation().forget(index);
            case STARTING -> begin();
            case JOINING -> {
                isReady();
                pool.rotation().putIn(index);
                within(LONGEST_AGREEMENT);
            }
            case SERVING -> running().serve();
            case DRAINED -> {
                isReady();
                running().drain();
                pool.rotation().drain(index);
            }
            case GRACE -> {
                running().drain();
                if (grace.isZero() || pool.rotation().isEmpty()) {
                    within(Duration.ZERO);
                } else {
                    pool.rotation().drain(index);
                    within(grace.plus(LONGEST_AGREEMENT));
                }
            }
            case TAKEN_OUT -> {
                running().drain();
                pool.rotation().disable(index);
                within(pool.rotation().isEmpty() ? Duration.ZERO : LONGEST_AGREEMENT);
            }
            case LEAVING -> {
                httpdNotified = event == Event.AGREED && !pool.rotation().isEmpty();
                running().leave(httpdNotified);
                within(release.settings().drainTimeout().plus(MARGIN));
            }
            case ENDING -> terminate(before, event);
        }
    }

    private void begin() {
        starts.incrementAndGet();
        started = now();
        wasReady = false;
        endReason = null;
        termination = null;
        release = next;
        run = pool.start(index, release);
        within(LONGEST_START);
    }

    private void isReady() {
        wasReady = true;
        fallback = null;
        failedStart = null;
        heartbeats.begin(now());
    }

    private void terminate(LifeState before, Event event) {
        boolean tooSlow = before == LifeState.STARTING && event == Event.OVERDUE;
        if (event == Event.HUNG || tooSlow) {
            endReason = tooSlow ? "start" : "hung";
            pool.rotation().disable(index);
            within(termination().dump(tooSlow ? NOT_IN_TIME : "hangs"));
        } else {
            within(termination().next(release.settings().drainTimeout()));
        }
    }

    private Termination termination() {
        if (termination == null) {
            termination = new Termination(route, running());
        }
        return termination;
    }

    private void ended(Member last, Ending ending) {
        run = null;
        String reason = endReason == null ? ending.reason() : endReason;
        on(stopping ? Event.ENDED_FOR_GOOD : Event.ENDED);
        if (!stopping) {
            due = now();
            if (!PLANNED.contains(reason)) {
                failed(last, inTime(ending));
            }
        }
        pool.ended(this, ending, reason);
    }

    private Ending inTime(Ending ending) {
        return "start".equals(endReason)
                ? new Ending("start", NOT_IN_TIME, ending.exitCode(), ending.cut())
                : ending;
    }

    private void failed(Member last, Ending ending) {
        if (!wasReady) {
            failedStart = ending;
            if (fallback != null) {
                LOG.error("{} - did not start: {}; starting what ran before", route, ending.text());
                next = fallback;
                fallback = null;
                return;
            }
        }
        Duration wait = backoff.next(Duration.ofNanos(now() - started));
        due += wait.toNanos();
        LOG.error(
                "{} - process {} {}; starting another one in {} ms",
                route,
                last.report().pid(),
                ending.text(),
                wait.toMillis());
    }

    private Member running() {
        return Objects.requireNonNull(run, route);
    }

    private long now() {
        return pool.now();
    }

    private void within(Duration time) {
        due = now() + time.toNanos();
    }

    /** What the run says of itself; safe for all threads. */
    Report report() {
        Member now = run;
        return now == null ? Report.NONE : now.report();
    }
}
