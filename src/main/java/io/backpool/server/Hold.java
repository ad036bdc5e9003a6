package io.backpool.server;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/**
 * Requests of one member that wait in a pause before they begin ({@code pause --hold}), then begin
 * in the order in which they came; one that has waited for too long is refused. No thread waits
 * with them. As many come as there may be connections ({@code limits.connections}) and, over h2c,
 * streams of them. Safe for all threads; no lock is held across a callback.
 */
final class Hold {
    /** One that waits: it begins or is refused, once, or is forgotten before. */
    interface Request {
        /** Calls {@code then} when it has begun. */
        void begin(Runnable then);

        void refuse();
    }

    /** Lets a task be run later, by any thread. */
    interface Timer {
        void after(long millis, Runnable task);
    }

    private static final int LOOK_MILLIS = 20;

    private final BooleanSupplier isFull;
    private final Timer timer;
    private final LongSupplier clock;

    /** With the time at which they came. Guarded by this, as all that follows. */
    private final Map<Request, Long> held = new LinkedHashMap<>();

    private Duration longest = Duration.ZERO;
    private boolean paused;
    private long resumed;

    /** Whether requests that come now are to be added. Written under the lock. */
    private volatile boolean active;

    /**
     * Holds none yet.
     *
     * @param isFull whether as many requests want a thread as may: all at once would be too many
     * @param clock such as System.nanoTime
     */
    Hold(BooleanSupplier isFull, Timer timer, LongSupplier clock) {
        this.isFull = isFull;
        this.timer = timer;
        this.clock = clock;
    }

    /** Requests that come from now on wait, each for so long at most. */
    void begin(Duration each) {
        boolean begins;
        synchronized (this) {
            begins = !active;
            longest = each;
            paused = true;
            active = true;
        }
        if (begins) {
            look();
        }
    }

    /** Lets them in, one after the other; those that come meanwhile, after them. */
    synchronized void end() {
        if (paused) {
            paused = false;
            resumed = clock.getAsLong();
        }
    }

    /** The member leaves: nobody lets them in any more. */
    synchronized void leave() {
        longest = paused ? Duration.ZERO : longest;
    }

    boolean isActive() {
        return active;
    }

    /** It waits; or begins at once, if none waits any more since {@link #isActive} was asked. */
    void add(Request request) {
        synchronized (this) {
            if (active) {
                held.put(request, clock.getAsLong());
                return;
            }
        }
        request.begin(() -> {});
    }

    /** It has ended while it waited. */
    synchronized void forget(Request request) {
        held.remove(request);
    }

    /** Again and again while it is active. */
    private void look() {
        boolean full = isFull.getAsBoolean();
        List<Request> late = new ArrayList<>();
        Request next = null;
        boolean again;
        long millis;
        synchronized (this) {
            long now = clock.getAsLong();
            // If it lasts, they meet an overload, which is not to be hidden.
            boolean waits = paused || (full && now - resumed < longest.toNanos());
            Iterator<Map.Entry<Request, Long>> line = held.entrySet().iterator();
            while (next == null && line.hasNext()) {
                Map.Entry<Request, Long> first = line.next();
                if (now - first.getValue() >= longest.toNanos()) {
                    late.add(first.getKey());
                } else if (waits) {
                    break;
                } else {
                    next = first.getKey();
                }
                line.remove();
            }
            active = paused || next != null || !held.isEmpty();
            again = active;
            millis = paused ? LOOK_MILLIS : 1;
        }
        late.forEach(Request::refuse);
        if (next != null) {
            next.begin(this::look);
        } else if (again) {
            timer.after(millis, this::look);
        }
    }

    /** How long one of them waits at most. */
    synchronized Duration longest() {
        return longest;
    }

    /** How many wait; -1: requests begin as they come. */
    synchronized int count() {
        return active ? held.size() : -1;
    }
}
