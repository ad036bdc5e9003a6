package io.backpool.service.cache;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An engine that may be away. Its first failure is logged; then it is left alone, but for one call
 * a second, until one succeeds, so that a slow engine does not cost every request its timeout. Safe
 * for all threads.
 */
final class Outage {
    private static final Logger LOG = LoggerFactory.getLogger(Outage.class);
    private static final long RETRY_NANOS = Duration.ofSeconds(1).toNanos();

    private final String name;
    private final AtomicBoolean on = new AtomicBoolean();
    private final AtomicLong retryAt = new AtomicLong();
    private final LongAdder failures = new LongAdder();

    /** Something to do with the engine. */
    @FunctionalInterface
    interface Action {
        void run() throws Exception;
    }

    Outage(String name) {
        this.name = name;
    }

    boolean isOn() {
        return on.get();
    }

    long failures() {
        return failures.sum();
    }

    /** What {@code call} returns; null if the engine is away. */
    <T> @Nullable T guard(Callable<T> call) {
        if (on.get() && !mayTry()) {
            return null;
        }
        try {
            T result = call.call();
            ended();
            return result;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return null;
        } catch (Exception e) {
            failed(e);
            return null;
        }
    }

    /** Calls it if the engine is not away. */
    void attempt(Action action) {
        guard(
                () -> {
                    action.run();
                    return true;
                });
    }

    /** One of those who come after the pause. */
    private boolean mayTry() {
        long due = retryAt.get();
        long now = System.nanoTime();
        return now - due >= 0 && retryAt.compareAndSet(due, now + RETRY_NANOS);
    }

    private void failed(Exception e) {
        failures.increment();
        retryAt.set(System.nanoTime() + RETRY_NANOS);
        if (on.compareAndSet(false, true)) {
            LOG.warn("cache - {} fails, computing everything until it is back: {}", name, cause(e));
        }
    }

    private void ended() {
        if (on.get() && on.compareAndSet(true, false)) {
            LOG.info("cache - {} is back", name);
        }
    }

    /** The innermost message: clients wrap "connection refused" in "unable to connect". */
    private static String cause(Throwable failure) {
        Throwable cause = failure;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause.toString();
    }
}
