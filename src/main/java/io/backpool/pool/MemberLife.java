package io.backpool.pool;

import io.backpool.balancer.DesiredMember;
import io.backpool.pool.LifeState.Event;
import io.backpool.pool.Member.Ending;
import io.backpool.pool.Member.Report;
import java.time.Duration;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The life of one member: its index, its route, and the runs that it has one after the other.
 * {@link LifeState} has the states and what can happen in each; this class has what is done then.
 * Used by the pool's thread; all threads may read state, release, starts and report.
 */
final class MemberLife {
    /** A pass over httpd takes a second, and its answer: more waiting changes nothing. */
    static final Duration LONGEST_AGREEMENT = Duration.ofSeconds(5);

    /** Beyond {@code pool.drain-timeout}. */
    private static final Duration MARGIN = Duration.ofSeconds(5);

    private static final Duration NEVER = Duration.ofDays(10_000);

    private static final Logger LOG = LoggerFactory.getLogger(MemberLife.class);

    private final int index;
    private final String route;
    private final Surroundings pool;
    private final NextRun next;
    private final Share share;
    private final AtomicInteger starts = new AtomicInteger();
    private volatile LifeState state = LifeState.WAITING;

    /** What the run is of, or the last one was. */
    private volatile Release release;

    /** Null while there is none. */
    private volatile @Nullable MemberRun run;

    /** When {@link #state} has lasted long enough, a value of the clock. */
    private long due;

    /** Percent of all new clients, while it runs {@link #weighed}; null: as many as any other. */
    private @Nullable Integer weight;

    private @Nullable Release weighed;

    private Duration grace = Duration.ZERO;
    private boolean drainedByHand;
    private boolean httpdNotified;
    private boolean stopping;

    MemberLife(int index, String route, Release release, Surroundings pool, Backoff backoff) {
        this.index = index;
        this.route = route;
        this.release = release;
        this.next = new NextRun(route, release, backoff);
        this.share = new Share(route);
        this.pool = pool;
        this.due = pool.now();
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

    /** How many members there were to be when the run was started, or the next one will be. */
    int startedAmong() {
        MemberRun now = run;
        return now == null ? pool.size() : now.startedAmong();
    }

    /** What the run says of itself. */
    Report report() {
        MemberRun now = run;
        return now == null ? Report.NONE : now.member().report();
    }

    /** Whether an operator keeps it out of the rotation. */
    boolean isHeld() {
        return drainedByHand || pool.isPaused();
    }

    /** Whether it is where it is to be, and every httpd but {@code without} has it so. */
    boolean isSettled(Set<String> without) {
        return isHeld()
                ? state == LifeState.DRAINED
                : state.takesNewClients() && pool.rotation().isAgreed(index, without);
    }

    /** How the last start failed; null: it did not, or has not yet. */
    @Nullable Ending failedStart() {
        return next.failedStart();
    }

    /** Whether every httpd confirmed, the last time that the member left, that it knows. */
    boolean wasHttpdNotified() {
        return httpdNotified;
    }

    /** Whether the run began a moment ago and is not ready yet. */
    boolean isStartingSince(Duration longest) {
        return state == LifeState.STARTING && running().age(pool.now()).compareTo(longest) < 0;
    }

    /** Which limit of the pool's settings its run has reached; null: none. */
    @Nullable String reachedLimit() {
        return state.takesNewClients()
                ? running().reachedLimit(release.settings(), pool.now())
                : null;
    }

    /** Percent of a whole member's new clients that it gets; 0: it gets none. */
    int share() {
        return state.takesNewClients() ? share.percent() : 0;
    }

    /** Why it is ejected, to follow its route; null: it is not. */
    @Nullable String ejected() {
        return share.ejected();
    }

    /** See {@link Share#eject}. */
    void eject(@Nullable String reason) {
        share.eject(reason);
    }

    Ejection.Observed observed() {
        return new Ejection.Observed(route, starts(), share.isWarm(), report().traffic());
    }

    private int shareNow() {
        return share.look(release.settings().slowStart(), most(), pool.now());
    }

    /** Percent of a whole member's: beside the others, which are whole, it gets its weight then. */
    private int most() {
        if (weight == null || release != weighed) {
            return DesiredMember.WHOLE;
        }
        int wanted = DesiredMember.WHOLE * (pool.size() - 1) * weight / (100 - weight);
        return Math.max(DesiredMember.LEAST, Math.min(DesiredMember.WHOLE, wanted));
    }

    /** As in {@link #replace}. */
    @Nullable Integer weight() {
        return weight;
    }

    void drain() {
        drainedByHand = true;
        on(Event.DRAIN);
    }

    /** The pool was paused, or is so no more. */
    void pausedOrNot() {
        if (isHeld()) {
            on(Event.DRAIN);
            if (state == LifeState.DRAINED) {
                takeOut();
            }
        } else {
            on(Event.RESUME);
        }
    }

    /** The pool holds requests, or does so no more. */
    void heldOrNot() {
        MemberRun now = run;
        if (now != null) {
            now.member().hold(pool.hold());
        }
    }

    /** For a while: sticky clients stay, but in a pause. */
    private void takeOut() {
        if (pool.isPaused()) {
            pool.rotation().disable(index);
        } else {
            pool.rotation().drain(index);
        }
    }

    void resume() {
        drainedByHand = false;
        pool.rotation().resume(index);
        on(Event.RESUME);
    }

    /**
     * Ends the run as planned and starts another.
     *
     * @param following what that is of
     * @param reason one of {@link MemberRun#REASONS}
     * @param weight percent of all new clients that it gets then, 1 to 50; null: as many as any
     *     other
     * @param grace how long clients that stick to the member are still served
     */
    void replace(Release following, String reason, @Nullable Integer weight, Duration grace) {
        this.weight = weight;
        weighed = following;
        next.replace(release, following);
        leave(reason, grace, Event.REPLACE);
        if (state == LifeState.WAITING) {
            due = pool.now();
        }
    }

    /** Ends the run as planned, and this life. */
    void stop(Duration grace) {
        stopping = true;
        leave("stop", grace, Event.STOP);
    }

    /** Calls {@link #stop} back; false: it is too late, or it serves no new clients anyway. */
    boolean stay() {
        if (isHeld() || (state != LifeState.GRACE && state != LifeState.TAKEN_OUT)) {
            return false;
        }
        stopping = false;
        running().goOn();
        on(Event.STAY);
        return true;
    }

    private void leave(String reason, Duration grace, Event event) {
        MemberRun now = run;
        if (now != null) {
            now.plan(reason);
        }
        this.grace = grace;
        if (state == LifeState.GRACE) {
            due = Math.min(due, pool.now() + grace.toNanos());
        }
        on(event);
    }

    void reopenLogs() {
        MemberRun now = run;
        if (now != null) {
            now.member().reopenLogs();
        }
    }

    /** Looks what has happened, and does what follows from it. */
    void tick() {
        MemberRun now = run;
        if (now != null) {
            Ending ending = now.member().ending();
            if (ending != null) {
                ended(now, ending);
            } else if (state.awaitsRun() && now.member().isReady()) {
                on(isHeld() ? Event.READY_DRAINED : Event.READY);
            } else if (state.takesNewClients() && !now.member().isReady()) {
                on(Event.UNREADY);
            } else if (state.isReady()) {
                switch (now.look(pool.now())) {
                    case BEAT -> pool.rotation().alive(index);
                    case HANGS -> on(Event.HUNG);
                    case LEAVES -> leave("exit", Duration.ZERO, Event.REPLACE);
                    case NONE -> {}
                }
            }
        }
        if (state.takesNewClients()) {
            pool.rotation().share(index, shareNow());
        }
        if (state.awaitsHttpd() && pool.rotation().isAgreed(index, Set.of())) {
            on(Event.AGREED);
        }
        if (pool.now() - due >= 0 && (state != LifeState.WAITING || pool.mayStart(index))) {
            on(Event.OVERDUE);
        }
    }

    private void on(Event event) {
        LifeState before = state;
        LifeState after = before.after(event);
        if (after == null) {
            assert false : route + ": " + event + " in " + before;
            LOG.error("{} - impossible: {} while {}", route, event, before);
        } else if (after != before || event == Event.OVERDUE) {
            state = after;
            due = pool.now() + NEVER.toNanos();
            enter(before, event);
        } else if (event == Event.AGREED) {
            due = Math.min(due, pool.now() + grace.toNanos());
        }
    }

    private void enter(LifeState before, Event event) {
        switch (state) {
            case WAITING -> pool.rotation().disable(index);
            case STARTING -> begin();
            case JOINING -> {
                becameReady();
                pool.rotation().putIn(index, shareNow());
                within(LONGEST_AGREEMENT);
            }
            case SERVING -> running().member().serve();
            case UNREADY -> pool.rotation().disable(index);
            case DRAINED -> {
                becameReady();
                running().member().drain();
                takeOut();
            }
            case GRACE -> {
                running().member().drain();
                if (grace.isZero() || pool.isPaused() || pool.rotation().isEmpty()) {
                    within(Duration.ZERO);
                } else {
                    pool.rotation().drain(index);
                    within(grace.plus(LONGEST_AGREEMENT));
                }
            }
            case TAKEN_OUT -> {
                pool.rotation().disable(index);
                within(pool.rotation().isEmpty() ? Duration.ZERO : LONGEST_AGREEMENT);
            }
            case LEAVING -> {
                httpdNotified = event == Event.AGREED && !pool.rotation().isEmpty();
                running().member().leave(httpdNotified);
                within(release.settings().drainTimeout().plus(MARGIN));
            }
            case ENDING -> end(before, event);
            case STOPPED -> pool.rotation().forget(index);
        }
    }

    private void begin() {
        share.forget();
        starts.incrementAndGet();
        release = next.release();
        run =
                new MemberRun(
                        route,
                        pool.start(index, release),
                        pool.size(),
                        release.startTimeout(),
                        pool.now());
        within(release.startTimeout());
    }

    private void becameReady() {
        running().becameReady(pool.now());
        if (!pool.hold().isZero()) {
            heldOrNot(); // before any httpd has it
        }
        next.becameReady();
    }

    private void end(LifeState before, Event event) {
        boolean tooSlow = before == LifeState.STARTING && event == Event.OVERDUE;
        if (event == Event.HUNG || tooSlow) {
            pool.rotation().disable(index);
            within(running().endForFault());
        } else {
            within(running().terminate(release.settings().drainTimeout()));
        }
    }

    private void ended(MemberRun last, Ending ending) {
        run = null;
        on(stopping ? Event.ENDED_FOR_GOOD : Event.ENDED);
        if (!stopping) {
            Ending seen = last.seen(ending);
            if (last.isPlanned()) {
                within(Duration.ZERO);
            } else if (last.wasReady() || !pool.endsAtFailedStart()) {
                within(next.failed(last, seen, last.age(pool.now())));
            } else {
                next.neverStarts(seen);
            }
        }
        pool.ended(this, ending, last.reason(ending));
    }

    private MemberRun running() {
        return Objects.requireNonNull(run, route);
    }

    private void within(Duration time) {
        due = pool.now() + time.toNanos();
    }
}
