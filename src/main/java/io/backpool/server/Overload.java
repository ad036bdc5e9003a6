package io.backpool.server;

/**
 * Says whether requests come faster than they begin. It looks at windows of half the bound of a
 * wait: how many came, began and were refused, and how many waited at the end. A window in which
 * the line was empty once shows a burst, no overload (the minimum, as in Nichols and Jacobson,
 * Controlling Queue Delay). A fixed number of clients, each of whom sends its next request after
 * the answer, makes a line that stands but does not grow; it is served in turn. Were such clients
 * refused, they would come again at once and look like a flood: so the end of an overload is tried
 * from time to time, each time after three times as long. Guarded by the admission.
 */
final class Overload {
    /** After a pause this long, or the bound, the process itself stood still: nothing is judged. */
    static final long PAUSE_NANOS = 100_000_000;

    /** Half bounds that a line takes which is an overload: when it grows, when it does not. */
    private static final int GROWING = 4;

    private static final int STANDING = 12;

    /** When it grows although the end of an overload is tried. */
    private static final int GROWING_AGAIN = 2;

    /** Windows until the end is tried for the first time. */
    private static final int FIRST_TRIAL = 8;

    private static final int LAST_TRIAL = 512;

    /** How long a trial takes, in windows that are shorter by this factor. */
    private static final int TRIAL_WINDOWS = 12;

    private static final int TRIAL_PART = 2;

    /** How many windows without a begin are a stall, and how many without refusals end it. */
    private static final int STALL_WINDOWS = 4;

    private static final int CALM_WINDOWS = 6;

    /** While overloaded, what begins in an eighth of the bound may wait. */
    private static final int EIGHTH = 8;

    /** So long, if more than few begin. */
    private static final int THIRD = 3;

    /** With fewer begins or ends in a bound nothing can be foretold. */
    private static final int FEW = 3;

    /** So many windows the pace is smoothed over. */
    private static final int SMOOTH = 8;

    /** What has changed at a look. */
    enum Change {
        NONE,
        /** Requests come faster than they begin. */
        FLOODED,
        /** None has begun for a while, or too few to foretell when the next one will. */
        STALLED,
        /** The overload is over. */
        OVER
    }

    private final long boundNanos;
    private final long windowNanos;
    private final int least;

    /** This window. */
    private int arrived;

    private int begun;
    private int ended;
    private int refused;
    private boolean emptied;
    private long windowStart;
    private long lastLook;

    /** The window before. */
    private int begunBefore;

    private int endedBefore;

    /** In both, where processors are short as many as ended. */
    private int servedLately;

    /** Begun in a bound, smoothed. */
    private double pace;

    /** Most that waited at the end of a window, since the line was empty. */
    private int peak;

    private int standing;
    private int idle;
    private int calm;
    private boolean active;

    /** Windows for which the end is still being tried; after which that is done, and until then. */
    private int trialLeft;

    private int trialAfter = FIRST_TRIAL;
    private int untilTrial;

    Overload(long boundNanos, int processors) {
        this.boundNanos = boundNanos;
        this.windowNanos = boundNanos / 2;
        this.least = Math.max(2, processors);
    }

    /** Begins to look: the line was empty until now. */
    void watch(long now) {
        reset();
        begunBefore = 0;
        endedBefore = 0;
        lastLook = now;
        open(now);
    }

    void arrived() {
        arrived++;
    }

    void began() {
        begun++;
    }

    void ended() {
        ended++;
    }

    void refused() {
        refused++;
    }

    void emptied() {
        emptied = true;
    }

    boolean isActive() {
        return active;
    }

    /** How many of those that came during the overload may wait. */
    int most() {
        return pace < FEW ? Integer.MAX_VALUE : Math.max(least, (int) (pace / EIGHTH));
    }

    /** How long those may wait. */
    long longestNanos() {
        return pace < FEW ? boundNanos : boundNanos / THIRD;
    }

    /** How many of those that waited when it began are still served, oldest first. */
    int mostInTurn() {
        return servedLately * 5 / 4;
    }

    /**
     * Judges, where a window is over.
     *
     * @param processorsShort whether those that begin only share the processors with others at
     *     work: then as many are served as end
     */
    Change look(long now, int waiting, long oldestNanos, boolean processorsShort) {
        long pause = now - lastLook;
        lastLook = now;
        if (pause > Math.max(boundNanos, PAUSE_NANOS)) {
            open(now);
            return Change.NONE;
        }
        boolean trial = trialLeft > 0;
        int part = trial ? TRIAL_PART : 1;
        if (part * (now - windowStart) < windowNanos) {
            return Change.NONE;
        }
        int begunLately = begunBefore + part * begun;
        int endedLately = Math.min(begunLately, endedBefore + part * ended);
        servedLately = processorsShort ? endedLately : begunLately;
        boolean isFew = trial ? pace < FEW : endedLately < FEW;
        pace += (begunLately - pace) / SMOOTH;
        idle = begun == 0 ? idle + 1 : 0;
        Change change = active ? end() : start(waiting, oldestNanos, trial, isFew);
        if (change == Change.STALLED) {
            pace = 0;
        } else if (change == Change.FLOODED && !trial) {
            pace = begunLately;
        }
        begunBefore = part * begun;
        endedBefore = part * ended;
        open(now);
        return change;
    }

    private Change start(int waiting, long oldestNanos, boolean trial, boolean isFew) {
        trialLeft -= trial ? 1 : 0;
        if (emptied) {
            reset();
            return Change.NONE;
        }
        standing++;
        if (idle > 0) {
            boolean stalled = oldestNanos >= boundNanos && idle >= STALL_WINDOWS;
            return stalled ? activate(Change.STALLED, trial) : Change.NONE;
        }
        boolean grows = waiting > peak + peak / (trial ? 8 : 20);
        peak = Math.max(peak, waiting);
        if (standing < 2) {
            return Change.NONE;
        }
        int growing = trial ? GROWING_AGAIN : GROWING;
        if (2L * waiting > (long) (grows && !isFew ? growing : STANDING) * servedLately) {
            return activate(isFew ? Change.STALLED : Change.FLOODED, trial);
        }
        return Change.NONE;
    }

    private Change activate(Change change, boolean trial) {
        active = true;
        calm = 0;
        idle = 0;
        trialAfter = trial ? Math.min(LAST_TRIAL, 3 * trialAfter) : FIRST_TRIAL;
        untilTrial = trialAfter;
        trialLeft = 0;
        return change;
    }

    private Change end() {
        if (idle >= STALL_WINDOWS) {
            idle = 0;
            return Change.STALLED;
        }
        untilTrial--;
        calm = 10L * refused <= arrived ? calm + 1 : 0;
        boolean trial = calm < CALM_WINDOWS;
        if (trial && untilTrial > 0) {
            return Change.NONE;
        }
        trialLeft = trial ? TRIAL_WINDOWS : 0;
        active = false;
        reset();
        return Change.OVER;
    }

    private void reset() {
        standing = 0;
        peak = 0;
        idle = 0;
    }

    private void open(long now) {
        arrived = 0;
        begun = 0;
        ended = 0;
        refused = 0;
        emptied = false;
        windowStart = now;
    }
}
