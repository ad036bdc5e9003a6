package io.backpool.pool;

import io.backpool.server.MemberState;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Where a member is in its life, and what can happen to it there:
 *
 * <pre>
 *   WAITING --due--> STARTING --ready--> JOINING --agreed--> SERVING
 *      ^                | not ready        ^ | drain          |
 *      |                | in time    resume| v                |
 *      |                |                 DRAINED             |  replace, stop
 *      |                v                    +-------+--------+
 *      +---ended----- ENDING <---hung---             v
 *      |                ^                          GRACE      sticky clients are still served
 *      |                | not in time                v
 *      +---ended----- LEAVING <---agreed--- TAKEN_OUT         no new request from any httpd
 * </pre>
 *
 * <p>JOINING and SERVING lead to UNREADY while the run says that it can't serve, and from there to
 * JOINING; what replaces or stops it takes it out at once. One that was to leave for another
 * process of the pool, which is gone, goes from GRACE or TAKEN_OUT back to JOINING.
 *
 * <p>A run that ends in any state leads to WAITING, from where the next one starts; after STOP to
 * STOPPED.
 */
enum LifeState {
    /** No run; the next one starts when it is due. */
    WAITING(MemberState.STARTING),
    /** A run was started and is not ready yet. */
    STARTING(MemberState.STARTING),
    /** Ready; not every httpd has it in its rotation yet. */
    JOINING(MemberState.JOINING),
    /** Ready, and in the rotation of every httpd that answers. */
    SERVING(MemberState.SERVING),
    /** Was ready, and says that it can't serve now; no request from any httpd. */
    UNREADY(MemberState.UNREADY),
    /** Ready; an operator keeps it out of the rotation. */
    DRAINED(MemberState.DRAINING),
    /** To leave; clients that stick to it are still served. */
    GRACE(MemberState.DRAINING),
    /** To leave; still serves while every httpd takes it out of its rotation. */
    TAKEN_OUT(MemberState.DRAINING),
    /** Finishes its requests. */
    LEAVING(MemberState.LEAVING),
    /** Hangs, or did not start or leave in time: is being ended. */
    ENDING(MemberState.LEAVING),
    /** No run, and none follows. */
    STOPPED(MemberState.STOPPED);

    /** What can happen. */
    enum Event {
        /** The time that the state may last is over. */
        OVERDUE,
        /** The run can serve. */
        READY,
        /** The run says that it can't serve now. */
        UNREADY,
        /** The run serves, and an operator wants it out of the rotation. */
        READY_DRAINED,
        /** The run has ended, another one is to follow. */
        ENDED,
        /** The run has ended, none is to follow. */
        ENDED_FOR_GOOD,
        /** The run gives no sign of life. */
        HUNG,
        /** Every httpd has the member as the pool wants it. */
        AGREED,
        DRAIN,
        RESUME,
        /** Another run shall follow this one. */
        REPLACE,
        /** No other run shall follow. */
        STOP,
        /** It shall not leave after all. */
        STAY
    }

    private static final Map<LifeState, Map<Event, LifeState>> NEXT =
            new EnumMap<>(LifeState.class);

    static {
        for (LifeState state : values()) {
            NEXT.put(state, new EnumMap<>(Event.class));
        }
        WAITING.on(Event.OVERDUE, STARTING).on(Event.REPLACE, WAITING).on(Event.STOP, STOPPED);
        STARTING.on(Event.READY, JOINING)
                .on(Event.READY_DRAINED, DRAINED)
                .on(Event.OVERDUE, ENDING)
                .on(Event.REPLACE, ENDING)
                .on(Event.STOP, ENDING);
        JOINING.on(Event.AGREED, SERVING)
                .on(Event.UNREADY, UNREADY)
                .on(Event.OVERDUE, SERVING)
                .on(Event.DRAIN, DRAINED)
                .on(Event.RESUME, JOINING)
                .on(Event.REPLACE, GRACE)
                .on(Event.STOP, GRACE);
        SERVING.on(Event.UNREADY, UNREADY)
                .on(Event.DRAIN, DRAINED)
                .on(Event.RESUME, JOINING)
                .on(Event.REPLACE, GRACE)
                .on(Event.STOP, GRACE);
        UNREADY.on(Event.READY, JOINING)
                .on(Event.DRAIN, DRAINED)
                .on(Event.REPLACE, TAKEN_OUT)
                .on(Event.STOP, TAKEN_OUT);
        DRAINED.on(Event.RESUME, JOINING).on(Event.REPLACE, GRACE).on(Event.STOP, GRACE);
        GRACE.on(Event.AGREED, GRACE).on(Event.OVERDUE, TAKEN_OUT).on(Event.STAY, JOINING);
        TAKEN_OUT.on(Event.AGREED, LEAVING).on(Event.OVERDUE, LEAVING).on(Event.STAY, JOINING);
        LEAVING.on(Event.OVERDUE, ENDING);
        ENDING.on(Event.OVERDUE, ENDING);
        for (LifeState state : values()) {
            if (state.hasRun()) {
                state.on(Event.ENDED, WAITING).on(Event.ENDED_FOR_GOOD, STOPPED);
            }
            if (state.isReady()) {
                state.on(Event.HUNG, ENDING);
            }
            // What an operator asks for is possible everywhere; it changes what follows.
            state.stay(Event.DRAIN).stay(Event.RESUME).stay(Event.REPLACE).stay(Event.STOP);
        }
    }

    private final MemberState shown;

    LifeState(MemberState shown) {
        this.shown = shown;
    }

    private LifeState on(Event event, LifeState next) {
        of(this).put(event, next);
        return this;
    }

    private LifeState stay(Event event) {
        of(this).putIfAbsent(event, this);
        return this;
    }

    private static Map<Event, LifeState> of(LifeState state) {
        return Objects.requireNonNull(NEXT.get(state));
    }

    /** The state after {@code event}; null: impossible here. */
    @Nullable LifeState after(Event event) {
        return of(this).get(event);
    }

    /** What operators see. */
    MemberState shown() {
        return shown;
    }

    boolean hasRun() {
        return this != WAITING && this != STOPPED;
    }

    /** Whether a run has become ready, and serves requests that come. */
    boolean isReady() {
        return hasRun() && this != STARTING && this != ENDING;
    }

    /** Whether it goes on when the run says that it can serve. */
    boolean awaitsRun() {
        return this == STARTING || this == UNREADY;
    }

    /** Whether new clients come here. */
    boolean takesNewClients() {
        return this == JOINING || this == SERVING;
    }

    /** Whether it goes on when every httpd agrees. */
    boolean awaitsHttpd() {
        return this == JOINING || this == GRACE || this == TAKEN_OUT;
    }
}
