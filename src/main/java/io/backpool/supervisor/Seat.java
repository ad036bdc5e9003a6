package io.backpool.supervisor;

import io.backpool.supervisor.Message.Beat;
import java.io.IOException;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One member's place: the index, ports and route that its processes have one after the other. A
 * thread of its own keeps a process in it, starting one, watching it, and starting the next:
 *
 * <pre>
 * start -> ready -> ... -> retired (roll, max-requests) -> the next one at once
 *   |                 |--> crashed, hung (dump, TERM, KILL) -> the next one after a Backoff
 *   |-> ends before it is ready: the pool's first one: the pool stops;
 *                                after a roll: back to what ran before; else Backoff
 * </pre>
 *
 * Other threads ask for changes; none of its locks is held while a process is waited for.
 */
final class Seat implements Roll.Member {
    private static final Logger LOG = LoggerFactory.getLogger(Seat.class);

    private static final Duration TICK = Duration.ofMillis(ParentPipe.BEAT_MILLIS);
    private static final int MISSED_BEATS = 10;

    static final Duration LONGEST_START = Duration.ofMinutes(2);

    /** For a JVM to print its threads, or to end after its last request. */
    private static final Duration SHORTLY = Duration.ofSeconds(5);

    private static final Duration LONGEST_FOR_HUNG = Duration.ofSeconds(10);

    /** Around {@code pool.max-requests}, so that siblings do not get there together. */
    private static final double JITTER = 0.1;

    private final int index;
    private final String route;
    private final Shop shop;
    private final Backoff backoff = new Backoff(new Random());
    private final Thread thread;

    /** Guarded by this. */
    private Launch launch;

    /** What ran before a roll that is not yet known to be good. Guarded by this. */
    private @Nullable Launch fallback;

    /** Guarded by this. */
    private @Nullable WorkerProcess process;

    /** Guarded by this. */
    private boolean closing;

    /** Out of the rotation until an operator resumes it. */
    private volatile boolean held;

    /** Guarded by this. */
    private int restarts;

    /** The next process is wanted at once. Guarded by this. */
    private boolean hurry;

    /**
     * What all seats share.
     *
     * @param members how many there are now
     * @param starting lets as many start at a time as the machine can bear
     * @param maxRequests 0: no limit
     */
    record Shop(
            IntSupplier members,
            Output out,
            Output err,
            Semaphore starting,
            Duration drainTimeout,
            int maxRequests,
            Events events) {}

    /** What the supervisor wants to know. Called by the seat's threads; must not wait. */
    interface Events {
        /** A process of this seat serves. */
        void ready(Seat seat);

        /** It does not serve any more. */
        void gone(Seat seat);

        /** Its process ended, and so many requests with it, 0 or more. */
        void cut(Seat seat, int requests);

        /** Another process follows. */
        void restarting(Seat seat, String reason);

        /** It has served as many requests as it should. */
        void worn(Seat seat, WorkerProcess process);

        /** The very first process did not come up; whether the pool stops because of it. */
        boolean failed(Seat seat, WorkerProcess process);
    }

    Seat(int index, String route, Launch launch, Shop shop) {
        this.index = index;
        this.route = route;
        this.launch = launch;
        this.shop = shop;
        this.thread = new Thread(this::live, route);
    }

    void open() {
        thread.start();
    }

    /** Whether it has a thread that keeps a process in it, or needs none any more. */
    synchronized boolean isAlive() {
        return closing || thread.isAlive();
    }

    @Override
    public int index() {
        return index;
    }

    @Override
    public String route() {
        return route;
    }

    synchronized int restarts() {
        return restarts;
    }

    synchronized @Nullable WorkerProcess process() {
        return process;
    }

    @Override
    public boolean isHeld() {
        return held;
    }

    /** Keeps it out of the rotation, or ends that. */
    void hold(boolean wanted) {
        held = wanted;
        tell(wanted ? ParentPipe.DRAIN : ParentPipe.SERVE);
    }

    @Override
    public void drain() {
        tell(ParentPipe.DRAIN);
    }

    /** Also one that does not serve yet: it obeys when it does. */
    void reopenLogs() {
        WorkerProcess now = process();
        if (now != null) {
            now.tell(ParentPipe.REOPEN);
        }
    }

    private void tell(String command) {
        WorkerProcess now = process();
        if (now != null && now.isReady()) {
            now.tell(command);
        }
    }

    @Override
    public long replace(Launch next, String reason, boolean told)
            throws RollException, InterruptedException {
        WorkerProcess before;
        synchronized (this) {
            before = process;
            fallback = launch;
            launch = next;
            hurry = true;
            notifyAll();
        }
        if (before != null) {
            finish(before, reason, told);
        }
        WorkerProcess after = successor(before);
        if (after.isReady()) {
            return after.pid();
        }
        String why = after.isAlive() ? "not ready within " + LONGEST_START : after.ending();
        put(after);
        WorkerProcess again = successor(after);
        throw new RollException(
                "%s did not come up: %s. %s"
                        .formatted(
                                route,
                                why,
                                again.isReady()
                                        ? "It runs again as it was before"
                                        : "It is started again as it was before"));
    }

    /** The process that comes after {@code before}, when it is ready or has ended. */
    private synchronized WorkerProcess successor(@Nullable WorkerProcess before)
            throws InterruptedException, RollException {
        long deadline = System.nanoTime() + LONGEST_START.toNanos();
        while (true) {
            long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
            WorkerProcess now = process;
            if (now != null && now != before && (now.isReady() || !now.isAlive() || left <= 0)) {
                return now;
            }
            if (closing || left <= 0) {
                throw new RollException(route + (closing ? " is stopped" : " is not started"));
            }
            wait(Math.min(left, TICK.toMillis()));
        }
    }

    /** Lets it end in its own time, then helps. */
    private void finish(WorkerProcess leaving, String reason, boolean told)
            throws InterruptedException {
        leaving.retire(reason);
        leaving.tell(told ? ParentPipe.LEAVE : ParentPipe.LEAVE_UNTOLD);
        if (leaving.awaitExit(shop.drainTimeout.plus(SHORTLY))) {
            return;
        }
        LOG.warn("{} - process {} does not leave: TERM", route, leaving.pid());
        put(leaving);
    }

    /** TERM, and KILL soon after. */
    private void put(WorkerProcess leaving) throws InterruptedException {
        leaving.terminate();
        if (!leaving.awaitExit(SHORTLY)) {
            LOG.warn("{} - process {} ignores TERM: KILL", route, leaving.pid());
            leaving.kill();
            leaving.awaitExit(SHORTLY);
        }
    }

    /**
     * Ends the process and this seat; returns when both are gone, within the drain timeout.
     *
     * @param told whether every httpd knows
     */
    void close(boolean told) throws InterruptedException {
        WorkerProcess last;
        synchronized (this) {
            closing = true;
            last = process;
            notifyAll();
        }
        if (last != null) {
            finish(last, "stop", told);
        }
        thread.join(SHORTLY.toMillis());
    }

    private void live() {
        try {
            while (!isClosing()) {
                WorkerProcess now = begin();
                if (now == null) {
                    pause(backoff.next(Duration.ZERO));
                } else {
                    watch(now);
                    shop.events.gone(this);
                    shop.events.cut(this, now.cut());
                    ended(now);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized boolean isClosing() {
        return closing;
    }

    /** Starts a process and waits until it serves; null: it can't even be started. */
    private @Nullable WorkerProcess begin() throws InterruptedException {
        while (!shop.starting.tryAcquire(TICK.toMillis(), TimeUnit.MILLISECONDS)) {
            if (isClosing()) {
                return null;
            }
        }
        try {
            WorkerProcess now = spawn();
            awaitStart(now);
            return now;
        } catch (IOException e) {
            LOG.error("{} - no process can be started: {}", route, e.getMessage());
            return null;
        } finally {
            shop.starting.release();
        }
    }

    private WorkerProcess spawn() throws IOException {
        Launch wanted;
        synchronized (this) {
            wanted = launch;
        }
        var now =
                WorkerProcess.start(
                        route,
                        wanted.member(index, shop.members.getAsInt()),
                        shop.out,
                        shop.err,
                        this::ready);
        synchronized (this) {
            process = now;
            hurry = false;
            if (closing) {
                now.retire("stop");
                now.terminate();
            }
            notifyAll();
        }
        return now;
    }

    private void ready(WorkerProcess now) {
        synchronized (this) {
            if (process != now) {
                return;
            }
            fallback = null;
            notifyAll();
        }
        if (held) {
            now.tell(ParentPipe.DRAIN);
        }
        shop.events.ready(this);
    }

    private void awaitStart(WorkerProcess now) throws InterruptedException {
        long deadline = System.nanoTime() + LONGEST_START.toNanos();
        while (!now.isReady() && now.isAlive() && System.nanoTime() - deadline < 0) {
            now.awaitExit(Duration.ofMillis(20));
        }
    }

    /** Returns when it has ended. Counts its beats, so that a machine that slept sees no ghosts. */
    private void watch(WorkerProcess now) throws InterruptedException {
        double limit = shop.maxRequests * (1 + JITTER * (2 * Math.random() - 1));
        boolean worn = shop.maxRequests == 0;
        long seen = -1;
        int missed = 0;
        while (!now.awaitExit(TICK)) {
            missed = now.beats() == seen ? missed + 1 : 0;
            seen = now.beats();
            if (missed >= MISSED_BEATS || !now.isReady()) {
                putDown(now);
            }
            Beat beat = now.beat();
            if (!worn && beat != null && beat.traffic().requests() >= limit) {
                worn = true;
                shop.events.worn(this, now);
            }
        }
    }

    private void putDown(WorkerProcess hung) throws InterruptedException {
        LOG.error("{} - process {} hangs: its threads follow, then it is ended", route, hung.pid());
        hung.retire("hung");
        shop.events.gone(this);
        hung.dump();
        if (!hung.awaitExit(SHORTLY.dividedBy(2))) {
            hung.terminate();
            Duration patience =
                    shop.drainTimeout.compareTo(LONGEST_FOR_HUNG) < 0
                            ? shop.drainTimeout
                            : LONGEST_FOR_HUNG;
            if (!hung.awaitExit(patience)) {
                hung.kill();
            }
        }
    }

    private void ended(WorkerProcess last) throws InterruptedException {
        synchronized (this) {
            if (closing) {
                return;
            }
            if (fallback != null && !last.isReady() && last.retired() == null) {
                launch = fallback;
                fallback = null;
            }
            notifyAll();
        }
        if (!last.isReady() && restarts() == 0 && shop.events.failed(this, last)) {
            synchronized (this) {
                closing = true;
            }
            return;
        }
        synchronized (this) {
            restarts++;
        }
        shop.events.restarting(this, last.reason());
        if (last.retired() != null) {
            return;
        }
        Duration wait = backoff.next(last.uptime());
        LOG.error(
                "{} - process {} {}; starting another one in {} ms",
                route,
                last.pid(),
                last.ending(),
                wait.toMillis());
        pause(wait);
    }

    private synchronized void pause(Duration wait) throws InterruptedException {
        long deadline = System.nanoTime() + wait.toNanos();
        while (!closing && !hurry) {
            long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
            if (left <= 0) {
                return;
            }
            wait(left);
        }
    }
}
