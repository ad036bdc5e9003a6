package io.backpool.server;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Who may work, who waits and who is sent away at once, so that a flood does not slow down those
 * who are served. Up to the limit work begins; some wait, first come first served. Whoever waited
 * longer than its client would is not served any more; and while the processors are saturated a
 * queue that does not get empty only adds delay (Nichols and Jacobson, Controlling Queue Delay), so
 * that no more may wait than work: a wait takes about as long as the work, however long that is.
 * Safe for all threads; work begins outside the lock.
 */
final class Admission<W extends Admission.Work> {
    /** A queue that was empty within this time is a burst, no overload. */
    static final long BURST_NANOS = Duration.ofMillis(100).toNanos();

    /** An overload is not over because its short queue was empty for a moment. */
    static final long MEMORY_NANOS = Duration.ofSeconds(1).toNanos();

    /** A request that wants to work. Each is told either {@link #begin} or {@link #shed}, once. */
    interface Work {
        /** When its request came, on the clock of the admission. */
        long since();

        /** It may work, on a thread of its own; {@link Admission#finished} must follow. */
        void begin(boolean waited);

        /** It may not. */
        void shed();
    }

    /** Guarded by this, as all that follows. */
    private final Deque<W> queue = new ArrayDeque<>();

    private final ConcurrencyLimit limit;
    private final int queueSize;
    private final long timeoutNanos;
    private final LongSupplier clock;
    private int working;
    private long lastEmpty;
    private long overloadedUntil;

    /**
     * Admits up to {@code limit}.
     *
     * @param timeout an older request is not worth beginning
     * @param clock such as System.nanoTime
     */
    Admission(ConcurrencyLimit limit, int queueSize, Duration timeout, LongSupplier clock) {
        this.limit = limit;
        this.queueSize = queueSize;
        this.timeoutNanos = timeout.toNanos();
        this.clock = clock;
        this.lastEmpty = clock.getAsLong();
        this.overloadedUntil = lastEmpty;
    }

    /** Begins, keeps or sheds new work before it returns; may begin or shed older work, too. */
    void submit(W work) {
        List<W> late = new ArrayList<>(0);
        List<W> next = new ArrayList<>(1);
        boolean begins;
        boolean full = false;
        synchronized (this) {
            long now = clock.getAsLong();
            limit.observe(working + queue.size() + 1, now);
            take(now, late, next);
            begins = queue.isEmpty() && working < limit.current();
            if (begins) {
                working++;
            } else if (queue.size() < room(now)) {
                queue.add(work);
            } else {
                full = true;
                overloadedUntil = now + MEMORY_NANOS;
            }
        }
        late.forEach(Work::shed);
        next.forEach(queued -> queued.begin(true));
        if (begins) {
            work.begin(false);
        } else if (full) {
            work.shed();
        }
    }

    /**
     * Work that had begun is over.
     *
     * @return who may work next, on the caller's thread: it has begun, and {@code finished} must
     *     follow; under load this saves waking another thread. Null: nobody
     */
    @Nullable W finished() {
        List<W> late = new ArrayList<>(0);
        List<W> next = new ArrayList<>(1);
        synchronized (this) {
            working--;
            take(clock.getAsLong(), late, next);
        }
        late.forEach(Work::shed);
        next.stream().skip(1).forEach(queued -> queued.begin(true));
        return next.isEmpty() ? null : next.get(0);
    }

    /** Takes from the queue who is late, and who may begin. */
    private void take(long now, List<W> late, List<W> next) {
        if (queue.isEmpty()) {
            lastEmpty = now;
            return;
        }
        if (now - lastEmpty >= BURST_NANOS) {
            overloadedUntil = now + MEMORY_NANOS;
        }
        int room = room(now);
        while (!queue.isEmpty()) {
            if (queue.size() > room || now - queue.peek().since() > timeoutNanos) {
                late.add(queue.remove());
            } else if (working < limit.current()) {
                working++;
                next.add(queue.remove());
            } else {
                return;
            }
        }
        lastEmpty = now;
    }

    /** How many may wait. */
    private int room(long now) {
        boolean overloaded = limit.isSaturated() && now - overloadedUntil < 0;
        return overloaded ? Math.min(queueSize, limit.current()) : queueSize;
    }

    /** How many wait now. */
    synchronized int waiting() {
        return queue.size();
    }

    synchronized int limit() {
        return limit.current();
    }
}
