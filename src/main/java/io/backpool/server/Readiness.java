package io.backpool.server;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.BooleanSupplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the application says of itself: checks that a thread asks once a second, so that nobody else
 * waits for them. Safe for all threads.
 */
public final class Readiness implements AutoCloseable {
    private static final Duration PAUSE = Duration.ofSeconds(1);

    /** A check that has not come back for so long says no. */
    private static final Duration LATE = Duration.ofSeconds(10);

    /** As it stands in JSON, logs and messages between processes. */
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9-]+");

    private static final Logger LOG = LoggerFactory.getLogger(Readiness.class);

    private final ConcurrentMap<String, Check> checks = new ConcurrentHashMap<>();
    private @Nullable Thread thread;
    private volatile boolean closed;

    /**
     * Adds a check, which says no until it was asked; one of the same name goes.
     *
     * @param isReady may block
     * @throws IllegalArgumentException if the name has other characters than letters, digits, -
     */
    public synchronized void add(String name, BooleanSupplier isReady) {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException(
                    "the name of a readiness check has letters, digits and - only: " + name);
        }
        checks.put(name, new Check(name, isReady));
        if (thread == null && !closed) {
            thread = new Thread(this::run, "readiness");
            thread.setDaemon(true);
            thread.start();
        }
    }

    /** Names of the checks that say no; none: the application is ready. */
    public List<String> failing() {
        if (checks.isEmpty()) {
            return List.of();
        }
        List<String> names = new ArrayList<>();
        long now = System.nanoTime();
        checks.forEach(
                (name, check) -> {
                    if (!check.isUp(now)) {
                        names.add(name);
                    }
                });
        names.sort(null);
        return names;
    }

    /** {@code UP} or {@code DOWN} by name. */
    Map<String, String> now() {
        Map<String, String> now = new TreeMap<>();
        long time = System.nanoTime();
        checks.forEach((name, check) -> now.put(name, check.isUp(time) ? "UP" : "DOWN"));
        return now;
    }

    private void run() {
        try {
            while (!closed) {
                checks.values().forEach(Check::ask);
                Thread.sleep(PAUSE.toMillis());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Asks no more. */
    @Override
    public synchronized void close() {
        closed = true;
        if (thread != null) {
            thread.interrupt();
        }
    }

    /** One of them. Asked by the thread only. */
    private static final class Check {
        private final String name;
        private final BooleanSupplier isReady;
        private volatile boolean up;

        /** Of the thread. */
        private boolean answered;

        /** System.nanoTime, never 0; 0: it is not being asked. */
        private volatile long askedSince;

        Check(String name, BooleanSupplier isReady) {
            this.name = name;
            this.isReady = isReady;
        }

        boolean isUp(long now) {
            long since = askedSince;
            return up && (since == 0 || now - since < LATE.toNanos());
        }

        void ask() {
            askedSince = System.nanoTime() | 1;
            try {
                answered(isReady.getAsBoolean(), null);
            } catch (Throwable e) { // other languages than Java throw any, undeclared
                answered(false, e);
            } finally {
                askedSince = 0;
                Thread.interrupted(); // left by the check, it would end the thread
            }
        }

        private void answered(boolean now, @Nullable Throwable failure) {
            if (answered && now == up) {
                return;
            }
            answered = true;
            up = now;
            if (now) {
                LOG.info("ready: {} says so", name);
            } else if (failure == null) {
                LOG.warn("not ready: {} says so", name);
            } else {
                LOG.warn("not ready: {} failed", name, failure);
            }
        }
    }
}
