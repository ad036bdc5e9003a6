package io.backpool.pool;

import io.backpool.balancer.FrontEnds;
import io.backpool.config.Config;
import io.backpool.config.PoolConfig;
import io.backpool.observe.PoolControl.MemberView;
import io.backpool.observe.Traffic;
import io.backpool.server.MemberServer;
import io.backpool.server.MemberState;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One life of one member.
 *
 * <pre>
 * STARTING --> JOINING --> SERVING --> DRAINING --> LEAVING --> STOPPED
 * services,    ready,      traffic     httpd told:  httpd told:   nothing in
 * listeners    httpd told              no new       nobody at     flight:
 *     |            |                   clients      all; 503 to   listeners
 *     |            |                                readiness,    close
 *     |            |                                still serving
 *     |            +- httpd away: serve; the reconciler goes on asking
 *     +- bind or config fails: exit 69 / 78, nothing stays open
 * </pre>
 *
 * Moved by the threads that start, control and stop the pool; seen by all.
 */
final class Lifecycle {
    private static final Logger LOG = LoggerFactory.getLogger(Lifecycle.class);

    /**
     * How long httpd needs to see a 503 from {@code /health/ready} and act on it: its health check
     * comes every second ({@code hcinterval=1 hcfails=1}), and its watchdog wakes up on its own
     * beat.
     */
    private static final Duration UNTIL_NOTICED = Duration.ofSeconds(3);

    /** Nobody who checks every second is that late: no health check points here. */
    private static final Duration NOBODY_ASKS = Duration.ofSeconds(10);

    /** What httpd chose this member for before it was told, has arrived by then. */
    private static final Duration QUIET = Duration.ofMillis(300);

    private final PoolConfig pool;
    private final int index;
    private final MemberServer server;
    private final FrontEnds frontEnds;
    private volatile int cut;

    Lifecycle(Config config, int index, MemberServer server, FrontEnds frontEnds) {
        this.pool = config.pool();
        this.index = index;
        this.server = server;
        this.frontEnds = frontEnds;
    }

    int index() {
        return index;
    }

    String route() {
        return pool.route(index);
    }

    MemberServer server() {
        return server;
    }

    /** What is to be told of it. */
    MemberView view(Traffic traffic) {
        MemberState state = server.health().state();
        return new MemberView(
                route(),
                state.name().toLowerCase(Locale.ROOT),
                state.isReady(),
                ProcessHandle.current().pid(),
                pool.httpPort(index),
                pool.hasAjp() ? pool.ajpPort(index) : 0,
                server.inFlight().count(),
                0,
                traffic,
                frontEnds.says(route()));
    }

    /** Requests that took longer than {@code pool.drain-timeout} when it stopped. */
    int cut() {
        return cut;
    }

    /** Ready, and seen to be: every httpd is told so, and no one is waited for. */
    void join() {
        server.health().state(MemberState.JOINING);
        server.checkSelf();
        frontEnds.putIn(index);
    }

    void serve() {
        server.health().state(MemberState.SERVING);
    }

    /** Out of the rotation; clients that stick to this member are still served. */
    void drain() {
        server.health().state(MemberState.DRAINING);
        frontEnds.drain(index);
    }

    /** Back into the rotation, whoever took it out. */
    void resume() {
        frontEnds.resume(index);
        serve();
    }

    /** Not ready from now on, for who asks to notice; everything that comes is still served. */
    void leave() {
        server.health().state(MemberState.LEAVING);
    }

    /**
     * Serves on until everybody has noticed {@link #leave} and no request is in flight, then
     * closes. Takes {@code pool.drain-timeout} at most.
     *
     * @param told whether every httpd was told, so that nobody has to notice by asking
     * @param start when it left, a {@link System#nanoTime}
     */
    private void stop(boolean told, long start) throws InterruptedException {
        if (!told && server.health().nanosSinceProbe() < NOBODY_ASKS.toNanos()) {
            Duration noticed = min(UNTIL_NOTICED, pool.drainTimeout());
            Thread.sleep(Math.max(0, noticed.minusNanos(System.nanoTime() - start).toMillis()));
        }
        Duration left = pool.drainTimeout().minusNanos(System.nanoTime() - start);
        cut = server.inFlight().awaitNone(QUIET, left);
        if (cut > 0) {
            LOG.warn(
                    "{} - cut {} requests that took longer than pool.drain-timeout, {} s",
                    route(),
                    cut,
                    pool.drainTimeout().toSeconds());
        }
        server.close();
        server.health().state(MemberState.STOPPED);
    }

    /** Takes all of these out of every rotation, then stops them; together, not one by one. */
    static void stop(List<Lifecycle> members, FrontEnds frontEnds, Duration grace)
            throws InterruptedException {
        stop(members, frontEnds.takeOut(members.stream().map(Lifecycle::index).toList(), grace));
    }

    /**
     * Stops all of these together.
     *
     * @param told as in {@link #stop(boolean, long)}
     */
    static void stop(List<Lifecycle> members, boolean told) throws InterruptedException {
        long start = System.nanoTime();
        members.forEach(Lifecycle::leave);
        for (Lifecycle member : members) {
            member.stop(told, start);
        }
    }

    private static Duration min(Duration a, Duration b) {
        return a.compareTo(b) < 0 ? a : b;
    }
}
