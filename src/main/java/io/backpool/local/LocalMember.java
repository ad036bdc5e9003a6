package io.backpool.local;

import io.backpool.config.PoolConfig;
import io.backpool.observe.Usage;
import io.backpool.pool.Member;
import io.backpool.server.MemberServer;
import io.backpool.server.MemberState;
import io.backpool.server.ServerException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A member in this JVM: an HTTP and an AJP listener. What takes time is done by threads of its own,
 * which live for that long. Safe for all threads.
 */
public final class LocalMember implements Member {
    private static final Logger LOG = LoggerFactory.getLogger(LocalMember.class);

    /**
     * How long httpd needs to see a 503 from {@code /health/ready} and act on it: its health check
     * comes every second ({@code hcinterval=1 hcfails=1}), and its watchdog has a period of its
     * own.
     */
    private static final Duration UNTIL_NOTICED = Duration.ofSeconds(3);

    /** Every health check comes sooner than that; a longer silence means that there is none. */
    private static final Duration NO_HEALTH_CHECK = Duration.ofSeconds(10);

    /** A request that httpd sent before it was notified has arrived by then. */
    private static final Duration QUIET = Duration.ofMillis(300);

    /** EX_UNAVAILABLE of sysexits(3). */
    private static final int UNAVAILABLE = 69;

    private final MemberRuntime runtime;
    private final PoolConfig pool;
    private final int index;
    private final Runnable changed;
    private final AtomicBoolean leaving = new AtomicBoolean();
    private volatile @Nullable MemberServer server;
    private volatile @Nullable Ending ending;
    private volatile boolean ready;

    /**
     * Prepares it; {@link #open} opens it.
     *
     * @param changed called when it is ready, and when it has ended
     */
    public LocalMember(MemberRuntime runtime, int index, Runnable changed) {
        this.runtime = runtime;
        this.pool = runtime.config().pool();
        this.index = index;
        this.changed = changed;
    }

    private String route() {
        return pool.route(index);
    }

    /**
     * Binds the ports, and checks that they answer.
     *
     * @throws ServerException if they can't be bound, or don't
     */
    public void open() {
        MemberServer opened = runtime.openServer(index);
        server = opened;
        try {
            opened.checkSelf();
            opened.warmUp(runtime.config().app().warmUp());
            if (leaving.get() || ending != null) {
                return;
            }
            opened.health().state(MemberState.JOINING);
        } catch (ServerException e) {
            opened.close();
            throw e;
        }
        String host = pool.bind().getHostAddress();
        String ajp = pool.hasAjp() ? " ajp://%s:%d".formatted(host, pool.ajpPort(index)) : "";
        String sockets = pool.sockets() == null ? "" : " unix:" + pool.sockets();
        String scheme = pool.tls() == null ? "http" : "https";
        LOG.info(
                "{} - serving {}://{}:{}{}{}",
                route(),
                scheme,
                host,
                pool.httpPort(index),
                ajp,
                sockets);
        ready = true;
        changed.run();
    }

    /** The same, by a thread of its own; a failure is seen in {@link #ending}. */
    void start() {
        new Thread(
                        () -> {
                            try {
                                open();
                            } catch (RuntimeException | Error e) {
                                end(
                                        new Ending(
                                                "start",
                                                String.valueOf(e.getMessage()),
                                                UNAVAILABLE,
                                                0));
                            }
                        },
                        route() + "-start")
                .start();
    }

    private void end(Ending how) {
        ready = false;
        ending = how;
        changed.run();
    }

    @Override
    public Report report() {
        MemberServer now = server;
        // In this order: a request that began before the hold is in flight then.
        int held = now == null ? -1 : now.held();
        int inFlight = now == null ? -1 : now.inFlight().count() - Math.max(0, held);
        return new Report(
                isReady(),
                ProcessHandle.current().pid(),
                System.nanoTime(), // lives as long as this JVM
                inFlight,
                held,
                runtime.metrics().traffic(route()),
                runtime.services(),
                Usage.NONE);
    }

    @Override
    public boolean isReady() {
        return ready && runtime.unready().isEmpty();
    }

    @Override
    public @Nullable String notReady() {
        List<String> unready = runtime.unready();
        return unready.isEmpty() ? null : "fails its own check " + String.join(", ", unready);
    }

    @Override
    public @Nullable Ending ending() {
        return ending;
    }

    /** What {@code /health/ready} says. */
    public MemberState state() {
        MemberServer now = server;
        return now == null ? MemberState.STARTING : now.health().state();
    }

    @Override
    public void serve() {
        state(MemberState.SERVING);
    }

    @Override
    public void drain() {
        state(MemberState.DRAINING);
    }

    @Override
    public void hold(Duration longest) {
        MemberServer now = server;
        if (now != null && !leaving.get()) {
            now.hold(longest);
        }
    }

    private void state(MemberState next) {
        MemberServer now = server;
        if (now != null && !leaving.get()) {
            now.health().state(next);
        }
    }

    @Override
    public void leave(boolean httpdNotified) {
        if (leaving.compareAndSet(false, true)) {
            new Thread(() -> finish(httpdNotified), route() + "-leave").start();
        }
    }

    private void finish(boolean httpdNotified) {
        MemberServer now = server;
        if (now == null) {
            end(new Ending("exit", "left before it was open", UNAVAILABLE, 0));
            return;
        }
        now.health().state(MemberState.LEAVING);
        int cut = 0;
        try {
            cut = finishRequests(now, httpdNotified);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        close(now, cut);
    }

    /** Serves on until every httpd has noticed and no request is in flight; how many are left. */
    private int finishRequests(MemberServer now, boolean httpdNotified)
            throws InterruptedException {
        long start = System.nanoTime();
        if (!httpdNotified && now.health().nanosSinceProbe() < NO_HEALTH_CHECK.toNanos()) {
            Duration drain = pool.drainTimeout();
            Duration notice = drain.compareTo(UNTIL_NOTICED) < 0 ? drain : UNTIL_NOTICED;
            Thread.sleep(notice.toMillis());
        }
        Duration left = pool.drainTimeout().minusNanos(System.nanoTime() - start);
        int cut = now.inFlight().awaitNone(QUIET, left);
        if (cut > 0) {
            LOG.warn(
                    "{} - cut {} requests that took longer than pool.drain-timeout, {} s",
                    route(),
                    cut,
                    pool.drainTimeout().toSeconds());
        }
        return cut;
    }

    private void close(MemberServer now, int cut) {
        now.close();
        now.health().state(MemberState.STOPPED);
        runtime.metrics().remove(route());
        end(new Ending("exit", "closed its ports", UNAVAILABLE, cut));
    }

    @Override
    public void terminate() {
        kill();
    }

    /** Closes its ports at once: there is no process of its own to end. */
    @Override
    public void kill() {
        leaving.set(true);
        MemberServer now = server;
        if (now != null && ending == null) {
            close(now, now.inFlight().count());
        }
    }

    @Override
    public void reopenLogs() {
        runtime.reopenLogs();
    }
}
