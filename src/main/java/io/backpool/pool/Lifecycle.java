package io.backpool.pool;

import io.backpool.config.Config;
import io.backpool.config.PoolConfig;
import io.backpool.observe.PoolControl.MemberView;
import io.backpool.server.Health;
import io.backpool.server.MemberServer;
import io.backpool.server.MemberState;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One life of one member.
 *
 * <pre>
 * STARTING --> JOINING --> SERVING --> DRAINING --> LEAVING --> STOPPED
 * services,    seen ready, traffic     httpd told:  readiness   nothing in flight:
 * listeners    enabled                 no new work; 503, still  listeners close
 *     |                                keep serving serving
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
    static final Duration UNTIL_NOTICED = Duration.ofSeconds(3);

    /** Nobody who checks every second is that late: no health check points here. */
    static final Duration NOBODY_ASKS = Duration.ofSeconds(10);

    private final PoolConfig pool;
    private final int index;
    private final MemberServer server;

    Lifecycle(Config config, int index, MemberServer server) {
        this.pool = config.pool();
        this.index = index;
        this.server = server;
    }

    String route() {
        return pool.route(index);
    }

    MemberServer server() {
        return server;
    }

    /** What is to be told of it. */
    MemberView view() {
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
                Map.of());
    }

    void serve() {
        server.health().state(MemberState.SERVING);
    }

    /** Out of the rotation; clients that stick to this member are still served. */
    void drain() {
        server.health().state(MemberState.DRAINING);
    }

    /** Not ready from now on, for httpd to notice; everything that comes is still served. */
    void leave() {
        server.health().state(MemberState.LEAVING);
    }

    /**
     * Serves on until httpd has noticed {@link #leave} and no request is in flight, then closes.
     * Takes {@code pool.drain-timeout} at most.
     */
    void stop() throws InterruptedException {
        Duration drainTimeout = pool.drainTimeout();
        long start = System.nanoTime();
        if (isProbed(server.health())) {
            Thread.sleep(min(UNTIL_NOTICED, drainTimeout).toMillis());
        }
        Duration left = drainTimeout.minusNanos(System.nanoTime() - start);
        int cut = server.inFlight().awaitNone(left);
        if (cut > 0) {
            LOG.warn("{} - cut {} requests that took longer than {}", route(), cut, drainTimeout);
        }
        close();
    }

    /** Closes ports and connections at once. */
    void close() {
        server.close();
        server.health().state(MemberState.STOPPED);
    }

    private static boolean isProbed(Health health) {
        return health.nanosSinceProbe() < NOBODY_ASKS.toNanos();
    }

    private static Duration min(Duration a, Duration b) {
        return a.compareTo(b) < 0 ? a : b;
    }
}
