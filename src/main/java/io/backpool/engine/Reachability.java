package io.backpool.engine;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether an engine did what it was last asked for, by operation: a full one still reads. An outage
 * is logged once, however often it comes and goes until nothing failed for ten seconds. Asks the
 * engine nothing. Safe for all threads.
 */
public final class Reachability {
    private static final Logger LOG = LoggerFactory.getLogger(Reachability.class);
    private static final long CALM_NANOS = Duration.ofSeconds(10).toNanos();

    private final String name;
    private final String meanwhile;
    private final LongSupplier nanos;

    /** Operations that failed the last time. Changed under this. */
    private final Set<String> failing = ConcurrentHashMap.newKeySet();

    /** The log says that it fails. Written under this. */
    private volatile boolean reported;

    /** Guarded by this. */
    private long failedAt;

    private volatile boolean lost;
    private volatile long lostAt;

    /**
     * Of an engine that was not asked yet, which counts as reachable.
     *
     * @param name for the log: the service and the URL without its password
     * @param meanwhile what is done until it is back
     */
    public Reachability(String name, String meanwhile) {
        this(name, meanwhile, System::nanoTime);
    }

    Reachability(String name, String meanwhile, LongSupplier nanos) {
        this.name = name;
        this.meanwhile = meanwhile;
        this.nanos = nanos;
    }

    public boolean isReachable() {
        return failing.isEmpty() && !hasJustLost();
    }

    private boolean hasJustLost() {
        return lost && nanos.getAsLong() - lostAt < CALM_NANOS;
    }

    /**
     * What it had is gone, though it works again. Logged, and it counts as not reachable for ten
     * seconds, so that those who look now and then see it.
     *
     * @param what happened, for people
     */
    public void lost(String what) {
        LOG.error("{}: {}", name, what);
        lostAt = nanos.getAsLong();
        lost = true;
    }

    /** The operation was done. */
    public void reached(String operation) {
        if (reported) {
            recovered(Set.of(operation));
        }
    }

    /** It answers again: whatever failed, failed because it was away. */
    public void reached() {
        if (reported) {
            recovered(Set.copyOf(failing));
        }
    }

    /**
     * Asks whether the operation works, if it failed the last time: one that nobody asks for would
     * stay failed.
     */
    public void retry(String operation, BooleanSupplier works) {
        if (failing.contains(operation) && works.getAsBoolean()) {
            reached(operation);
        }
    }

    /** The operation was not done. */
    public synchronized void failed(String operation, Throwable failure) {
        failing.add(operation);
        failedAt = nanos.getAsLong();
        if (!reported) {
            reported = true;
            LOG.warn("{} fails to {}, {}: {}", name, operation, meanwhile, reason(failure));
        }
    }

    private synchronized void recovered(Set<String> operations) {
        failing.removeAll(operations);
        if (reported && failing.isEmpty() && nanos.getAsLong() - failedAt >= CALM_NANOS) {
            reported = false;
            LOG.info("{} is back", name);
        }
    }

    /** For people, in one line: why an operation failed. */
    public static String reason(Throwable failure) {
        Throwable cause = cause(failure);
        boolean late = cause instanceof TimeoutException && cause.getMessage() == null;
        return late ? "no answer in time" : cause.toString().replaceAll("\\s*\\R\\s*", " ");
    }

    /** The innermost: clients wrap "connection refused" in much that says less. */
    public static Throwable cause(Throwable failure) {
        Throwable cause = failure;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause;
    }
}
