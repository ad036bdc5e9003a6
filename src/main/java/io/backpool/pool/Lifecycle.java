package io.backpool.pool;

import io.backpool.config.Config;
import io.backpool.server.Health;
import io.backpool.server.MemberServer;
import io.backpool.server.MemberState;
import java.time.Duration;
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
 * Used by the thread that starts and the thread that stops the pool.
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

    private final String route;
    private final Duration drainTimeout;
    private final MemberServer server;

    Lifecycle(Config config, int index, MemberServer server) {
        this.route = config.pool().route(index);
        this.drainTimeout = config.pool().drainTimeout();
        this.server = server;
    }

    String route() {
        return route;
    }

    MemberServer server() {
        return server;
    }

    void serve() {
        server.health().state(MemberState.SERVING);
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
        long start = System.nanoTime();
        if (isProbed(server.health())) {
            Thread.sleep(min(UNTIL_NOTICED, drainTimeout).toMillis());
        }
        Duration left = drainTimeout.minusNanos(System.nanoTime() - start);
        int cut = server.inFlight().awaitNone(left);
        if (cut > 0) {
            LOG.warn("{} - cut {} requests that took longer than {}", route, cut, drainTimeout);
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
