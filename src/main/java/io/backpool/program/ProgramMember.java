package io.backpool.program;

import io.backpool.balancer.FrontEnds;
import io.backpool.observe.Load;
import io.backpool.observe.Traffic;
import io.backpool.observe.Usage;
import io.backpool.pool.Member;
import io.backpool.process.ChildProcess;
import io.backpool.process.Listening;
import io.backpool.process.Output;
import io.backpool.process.ProcessTable;
import io.backpool.server.WarmUp;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import javax.net.SocketFactory;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One run of any program. A thread of its own looks whether it is well, and sees it out when it
 * leaves:
 *
 * <pre>
 * listens, by itself -> is well -> ready -> is well, again and again
 *   -> leaves: httpd has no request of it any more -> stop signal -> its end
 * </pre>
 *
 * Safe for all threads.
 */
final class ProgramMember implements Member {
    private static final Logger LOG = LoggerFactory.getLogger(ProgramMember.class);

    /** Between two looks at a program that starts, or leaves. */
    private static final long SOON_MILLIS = 100;

    /** Two looks of ours at each httpd: what it counts then is of after the last request. */
    private static final Duration HTTPD_COUNTS = Duration.ofMillis(2200);

    /** EX_UNAVAILABLE and EX_SOFTWARE of sysexits(3). */
    private static final int UNAVAILABLE = 69;

    private static final int INTERNAL_ERROR = 70;

    private final String route;
    private final ProgramRelease release;
    private final HealthCheck check;
    private final String mark;
    private final Supplier<FrontEnds.Use> httpd;
    private final Runnable changed;
    private final NotifySocket notices;

    /** Ends a pause of the thread. */
    private final Semaphore wake = new Semaphore(0);

    private final long electedBefore;

    /** Those that did not find it sick. */
    private final AtomicLong checks = new AtomicLong();

    private volatile @Nullable ChildProcess process;
    private volatile Usage usage = Usage.NONE;
    private volatile boolean ready;
    private volatile boolean leaves;
    private volatile boolean httpdNotified;
    private volatile boolean stopping;
    private volatile @Nullable String sick;
    private volatile @Nullable Ending ending;

    /**
     * Makes it; {@link #start} starts it.
     *
     * @param mark in the environment of its processes, and of no others
     * @param httpd what every httpd counts of it
     * @param notifyThread receives what programs say of themselves; null: nothing does
     */
    ProgramMember(
            int index,
            ProgramRelease release,
            String mark,
            Supplier<FrontEnds.Use> httpd,
            @Nullable EventLoopGroup notifyThread,
            Runnable changed) {
        this.route = release.settings().route(index);
        this.release = release;
        this.check = HealthCheck.of(release.settings(), release.program(), index);
        this.mark = mark;
        this.httpd = httpd;
        this.changed = changed;
        this.electedBefore = httpd.get().elected();
        this.notices = NotifySocket.open(notifyThread, route, this::notified);
    }

    /** Starts the process; one that can't be started has ended. */
    void start(int index, Guardian guardian, Output out, Output err) {
        if (Listening.isTaken(check.address(), check.port())) {
            String owner = Listening.owner(check.address(), check.port());
            fail(UNAVAILABLE, "could not be started: %s has %s".formatted(owner, check.place()));
            return;
        }
        try {
            ChildProcess started =
                    ChildProcess.start(route, release.process(index, mark, notices.path()));
            process = started;
            guardian.add(started.pid());
            RunNotes.add(route, started.pid(), mark);
            started.closeInput();
            started.watch(out, err, null, exit -> ended(started, exit, guardian));
            started.thread("health", () -> watch(started));
        } catch (IOException e) {
            fail(INTERNAL_ERROR, "could not be started: " + e.getMessage());
        }
    }

    private void fail(int exitCode, String text) {
        notices.close();
        ending = new Ending("start", route + " " + text, exitCode, 0);
    }

    private void ended(ChildProcess started, int exit, Guardian guardian) {
        Set<Long> left = RunNotes.end(started.pid(), mark);
        guardian.remove(started.pid());
        RunNotes.remove(route);
        notices.close();
        if (exit == 0 && !ready && !stopping && !left.isEmpty()) {
            fail(
                    INTERNAL_ERROR,
                    "ended and left process %s behind, which was ended: the program must stay in"
                                    .formatted(left.iterator().next())
                            + " the foreground, see its option for that");
        } else {
            String reason = ChildProcess.isSignalled(exit) ? "signal" : "exit";
            ending = new Ending(reason, ChildProcess.words(exit), INTERNAL_ERROR, 0);
        }
        changed.run();
    }

    /** It is ready, or stops, as it says itself. */
    private void notified() {
        if (notices.isStopping() && !leaves && !stopping) {
            LOG.info("{} - stops by itself, as it says: it is taken out", route);
        }
        wake.release();
        changed.run();
    }

    private void watch(ChildProcess started) {
        try {
            long pause = SOON_MILLIS;
            int failures = 0;
            while (started.isAlive()
                    && !(wake.tryAcquire(pause, TimeUnit.MILLISECONDS) && leaves)) {
                if (!ready) {
                    if (notReady(started) == null) {
                        warmUp();
                        ready = true;
                        pause = release.program().healthInterval().toMillis();
                        changed.run();
                    }
                } else {
                    String failure = look(started);
                    failures = failure == null ? 0 : failures + 1;
                    if (failures < release.program().healthFailures()) {
                        checks.incrementAndGet();
                    } else {
                        sick = failure;
                        changed.run();
                    }
                }
            }
            if (started.isAlive() && !notices.isStopping()) {
                seeOut(started);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void warmUp() {
        var address = new InetSocketAddress(check.address(), check.port());
        WarmUp.run(route, address, SocketFactory.getDefault(), release.warmUp(), port -> {});
    }

    /** What is wrong, null: nothing. Notes what it uses. */
    private @Nullable String look(ChildProcess started) {
        long begin = System.nanoTime();
        String failure = check.failure();
        double took = (System.nanoTime() - begin) / 1e9;
        usage = ProcessTable.recent().usage(started.pid(), took);
        return failure;
    }

    /** Why httpd must not hear of it yet; null: it may. */
    private @Nullable String notReady(ChildProcess started) {
        String own = notices.notReady();
        if (own != null) {
            return own;
        }
        if (!Listening.isTaken(check.address(), check.port())) {
            return "does not listen on " + check.place();
        }
        Set<Long> family = ProcessTable.now().family(started.pid());
        if (!Listening.isBy(family, check.address(), check.port())) {
            return "does not listen on %s, but %s does"
                    .formatted(check.place(), Listening.owner(check.address(), check.port()));
        }
        String failure = look(started);
        return failure != null ? failure : notices.notReady(); // it may have spoken meanwhile
    }

    /**
     * A program that knows nothing of httpd's connections gets its stop signal when it has no
     * request. However long it takes then, it does not hang.
     */
    private void seeOut(ChildProcess started) throws InterruptedException {
        long begin = System.nanoTime();
        long most = httpdNotified ? release.settings().drainTimeout().toNanos() : 0;
        while (started.isAlive()) {
            long age = System.nanoTime() - begin;
            if (!stopping && (age >= most || isIdle(age))) {
                terminate();
            }
            checks.incrementAndGet();
            TimeUnit.MILLISECONDS.sleep(SOON_MILLIS);
        }
    }

    /**
     * What httpd counts stays above 0 when one of its children ended in the middle of a request.
     */
    private boolean isIdle(long age) {
        return age >= HTTPD_COUNTS.toNanos()
                && (httpd.get().busy() == 0 || !Listening.isConnected(check.port()));
    }

    @Override
    public Report report() {
        ChildProcess now = process;
        FrontEnds.Use use = httpd.get();
        long requests = Math.max(0, use.elected() - electedBefore);
        var traffic = new Traffic(requests, 0, 0, 0, 0, Load.NONE, List.of());
        return new Report(
                ready,
                now == null ? 0 : now.pid(),
                checks.get(),
                Math.toIntExact(use.busy()),
                -1,
                traffic,
                Map.of(),
                usage);
    }

    @Override
    public @Nullable String problem() {
        ChildProcess now = process;
        if (ready || now == null) {
            return leaves ? null : sick;
        }
        String problem = notReady(now);
        Set<Integer> ports = Listening.ports(ProcessTable.now().family(now.pid()));
        ports.remove(check.port());
        return problem == null || ports.isEmpty()
                ? problem
                : problem + "; it listens on " + ports + ", is {port} in app.command?";
    }

    @Override
    public boolean isLeaving() {
        return notices.isStopping();
    }

    @Override
    public boolean isReady() {
        return ready;
    }

    @Override
    public @Nullable Ending ending() {
        return ending;
    }

    @Override
    public void serve() {}

    @Override
    public void drain() {}

    @Override
    public void leave(boolean notified) {
        httpdNotified = notified;
        leaves = true;
        wake.release();
    }

    @Override
    public void terminate() {
        ChildProcess now = process;
        stopping = true;
        if (now != null) {
            now.signal(release.program().stopSignal());
        }
    }

    @Override
    public void kill() {
        ChildProcess now = process;
        if (now != null) {
            now.kill();
        }
    }
}
