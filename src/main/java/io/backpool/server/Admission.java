package io.backpool.server;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Which request for blocking work begins next, which waits and which is refused. All wait in one
 * {@link Line}; threads are called to it and take the next request when they have come, so that a
 * request waits nowhere else. Whether requests come faster than they begin is {@link Overload}'s to
 * say. Where processors are short, threads that were called come late, and no more of them are
 * called; while overloaded no more of them work than those processors can serve. Safe for all
 * threads; no lock is held across a callback.
 */
final class Admission<W extends Admission.Work> {
    /**
     * When a thread that was called has not come after this, processors are short: a thread that
     * has finished leaves its processor to that one, instead of taking the next request.
     */
    static final long LATE_NANOS = 2_000_000;

    /** Where processors are short, so many times as many as while overloaded are at work before. */
    private static final int MORE_BEFORE = 3;

    private static final long NO_SAMPLE = Long.MIN_VALUE;

    /** What an admission needs of its surroundings. Called without a lock. */
    interface Threads {
        /** Lets one more thread call {@link Admission#begin}. */
        void call();

        /** Lets {@link Admission#look} be called every few milliseconds until it says false. */
        void watch();

        /** How long the thread that asks has waited for a processor until now, ns; 0: unknown. */
        long waited();
    }

    /** A request that waits for its turn. It begins or is refused, once. */
    abstract static class Work {
        /** When its head had come, on the clock of the admission. */
        final long since;

        /** Whether no thread could be called when it came. Guarded by the admission. */
        boolean hadToWait;

        /** What its client has of the threads; only while overloaded. Guarded by the admission. */
        @Nullable Share share;

        /** When it began, and what its thread had waited until then; only of a sample. */
        long begun = NO_SAMPLE;

        long waited;

        Work(long since) {
            this.since = since;
        }

        /** The client that the threads are shared by. */
        abstract @Nullable InetAddress client();

        /** Answers that it will not begin. Called without a lock. */
        abstract void refuse(Limit limit);
    }

    /**
     * How many threads there may be.
     *
     * @param max of all of them at once
     * @param named the setting that {@code max} comes from
     * @param processors as many may be called at a time
     * @param mostAtWork where processors are short, while overloaded
     * @param reusable whether a thread may take another request after the first
     */
    record Size(int max, Limit named, int processors, int mostAtWork, boolean reusable) {
        /** At work for each processor. */
        private static final int MOST_AT_WORK = 3;

        /** The same of one of several processes that have the processors together. */
        static Size of(int max, Limit named, int processors, int processes, boolean reusable) {
            int share = (MOST_AT_WORK * processors + processes - 1) / processes;
            return new Size(max, named, processors, share, reusable);
        }
    }

    /** A request that leaves the line, and why. */
    private record Refused(Work work, Limit limit) {
        void answer() {
            work.refuse(limit);
        }
    }

    private final ShortLock lock = new ShortLock();

    /** Guarded by the lock, as all that follows. */
    private final Line<W> line = new Line<>();

    private final Overload overload;
    private final Processors processors;
    private final List<Refused> refused = new ArrayList<>();
    private final Size size;
    private final int queueSize;
    private final long boundNanos;
    private final Threads threads;
    private final LongSupplier clock;
    private int running;
    private int called;
    private long calledSince;
    private boolean watched;

    /** Whether any request has ended since the last look. */
    private boolean ended;

    /** None had before it, and no thread was called since. */
    private boolean slow;

    /**
     * Admits nothing yet.
     *
     * @param boundNanos no request is kept that would wait longer
     * @param queueSize no more wait at once, beside those that a thread was called for
     * @param clock such as System.nanoTime
     */
    Admission(Size size, long boundNanos, int queueSize, Threads threads, LongSupplier clock) {
        this.overload = new Overload(boundNanos, size.processors());
        this.size = size;
        this.queueSize = queueSize;
        this.boundNanos = boundNanos;
        this.threads = threads;
        this.clock = clock;
        this.processors = new Processors(boundNanos, clock);
    }

    /** A request has come. It, or another in its place, may be refused before this returns. */
    void submit(W work) {
        boolean calls;
        boolean watches;
        List<Refused> leaving;
        lock.lock();
        try {
            overload.arrived();
            if (line.size() - called >= queueSize && !mayCall()) {
                refuse(work, Limit.QUEUE);
            } else {
                line.add(work, overload.isActive());
                while (line.newestFirst() > overload.most()) {
                    refuse(line.removeOldestOfGreediest(), hit());
                }
            }
            calls = call();
            work.hadToWait = !calls;
            watches = !watched && line.size() > 0;
            if (watches) {
                watched = true;
                overload.watch(clock.getAsLong());
            }
            leaving = leaving();
        } finally {
            lock.unlock();
        }
        leaving.forEach(Refused::answer);
        if (watches) {
            threads.watch();
        }
        if (calls) {
            threads.call();
        }
    }

    /**
     * A thread that was called has come.
     *
     * @return its request; {@link #finished} must follow. Null: there is none
     */
    @Nullable W begin() {
        W next;
        boolean calls;
        lock.lock();
        try {
            called--;
            calledSince = clock.getAsLong();
            next = take();
            calls = call();
        } finally {
            lock.unlock();
        }
        if (calls) {
            threads.call();
        }
        return noteWait(next);
    }

    /**
     * A request that had begun is over, however it ended.
     *
     * @return the next one for the same thread, {@code finished} must follow. Null: none
     */
    @Nullable W finished(W done) {
        boolean isSample = done.begun != NO_SAMPLE;
        long waited = isSample ? threads.waited() - done.waited : 0;
        W next;
        boolean calls;
        lock.lock();
        try {
            if (isSample) {
                processors.ended(waited, done.begun);
            }
            running--;
            ended = true;
            overload.ended();
            line.finished(done);
            next =
                    size.reusable() && !isThreadLate() && isRoom(running, mostWhereShort())
                            ? take()
                            : null;
            calls = call();
        } finally {
            lock.unlock();
        }
        if (calls) {
            threads.call();
        }
        return noteWait(next);
    }

    /** On its thread, without the lock: what a sample starts from. */
    private @Nullable W noteWait(@Nullable W next) {
        if (next != null && next.begun != NO_SAMPLE) {
            next.waited = threads.waited();
        }
        return next;
    }

    /** A thread that was called will not come; another one is called at the next look. */
    void notCalled() {
        lock.lock();
        called--;
        lock.unlock();
    }

    /** A thread that was called will never come: the process stops. */
    void stopped() {
        List<Refused> leaving;
        lock.lock();
        try {
            called--;
            for (W work = line.take(); work != null; work = line.take()) {
                refuse(work, Limit.STOP);
            }
            leaving = leaving();
        } finally {
            lock.unlock();
        }
        leaving.forEach(Refused::answer);
    }

    /**
     * Refuses what would wait too long.
     *
     * @return whether to look again
     */
    boolean look() {
        List<Refused> leaving;
        boolean again;
        boolean calls;
        lock.lock();
        try {
            long now = clock.getAsLong();
            slow = !ended;
            ended = false;
            if (overload.isActive()) {
                refuseOlder(now - overload.longestNanos());
            }
            act(overload.look(now, waiting(), line.oldest(now), processors.areShort()), now);
            watched = overload.isActive() || line.size() > 0;
            again = watched;
            calls = call();
            leaving = leaving();
        } finally {
            lock.unlock();
        }
        leaving.forEach(Refused::answer);
        if (calls) {
            threads.call();
        }
        return again;
    }

    private void act(Overload.Change change, long now) {
        switch (change) {
            case FLOODED -> {
                while (line.size() > 0 && waiting() > overload.mostInTurn()) {
                    refuse(line.removeYoungest(), hit());
                }
            }
            case STALLED -> {
                line.turn();
                refuseOlder(now - boundNanos);
            }
            case OVER -> line.turnBack();
            case NONE -> {}
        }
    }

    /** Those in the line, and those at work that wait for a processor, if any do. */
    private int waiting() {
        return line.size() + (processors.areShort() ? Math.max(0, running - size.mostAtWork()) : 0);
    }

    private void refuseOlder(long then) {
        line.removeOlder(then).forEach(work -> refuse(work, hit()));
    }

    private @Nullable W take() {
        W next = line.take();
        if (next != null) {
            running++;
            overload.began();
            sample(next);
        }
        if (line.size() == 0) {
            overload.emptied();
        }
        return next;
    }

    /** While requests wait, some show how they fare. */
    private void sample(W next) {
        if (watched) {
            next.begun = processors.takesSample() ? clock.getAsLong() : NO_SAMPLE;
        }
    }

    /** Whether one more thread is to be called; then it counts as called. */
    private boolean call() {
        boolean calls = line.size() > called && mayCall();
        if (calls) {
            if (called == 0) {
                calledSince = clock.getAsLong();
            }
            called++;
            slow = false;
        }
        return calls;
    }

    private boolean mayCall() {
        int atWork = running + called;
        return called < size.processors()
                && atWork < size.max()
                && isRoom(atWork, slow ? mostWhereShort() : size.mostAtWork());
    }

    /**
     * Where processors are short, more at work would take no more of them, only longer, and those
     * of the event loops too.
     */
    private boolean isRoom(int atWork, int most) {
        return !processors.areShort() || atWork < most;
    }

    /**
     * At work where processors are short. Some more before an overload, but each only after a look
     * that finds that none has ended: quick ones stay quick beside slow ones.
     */
    private int mostWhereShort() {
        return size.mostAtWork() * (overload.isActive() ? 1 : MORE_BEFORE);
    }

    private boolean isThreadLate() {
        return called > 0 && clock.getAsLong() - calledSince > LATE_NANOS;
    }

    private void refuse(W work, Limit limit) {
        refused.add(new Refused(work, limit));
        overload.refused();
    }

    /** What keeps requests waiting now. */
    private Limit hit() {
        return running >= size.max() ? size.named() : Limit.QUEUE_WAIT;
    }

    private List<Refused> leaving() {
        if (refused.isEmpty()) {
            return List.of();
        }
        List<Refused> leaving = List.copyOf(refused);
        refused.clear();
        return leaving;
    }

    /** How many may run at once. */
    int max() {
        return size.max();
    }
}
