package io.backpool.service.cache;

import io.backpool.engine.Reachability;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * An operation that the engine may refuse, such as writing when it is full. After a failure it is
 * left alone, but for one call a second, until one succeeds, so that a slow engine does not cost
 * every request its timeout. Safe for all threads.
 */
final class CircuitBreaker {
    private static final long RETRY_NANOS = Duration.ofSeconds(1).toNanos();

    private final Reachability engine;
    private final String operation;
    private final AtomicBoolean open = new AtomicBoolean();
    private final AtomicLong retryAt = new AtomicLong();
    private final LongAdder failures = new LongAdder();

    /** Something to do with the engine. */
    @FunctionalInterface
    interface Action {
        void run() throws Exception;
    }

    CircuitBreaker(Reachability engine, String operation) {
        this.engine = engine;
        this.operation = operation;
    }

    boolean isOpen() {
        return open.get();
    }

    long failures() {
        return failures.sum();
    }

    /** What {@code call} returns; null if the engine does not do it. */
    <T> @Nullable T guard(Callable<T> call) {
        if (open.get() && !mayTry()) {
            return null;
        }
        try {
            T result = call.call();
            reached();
            return result;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return null;
        } catch (Exception e) {
            failed(e);
            return null;
        }
    }

    /** Does it unless the breaker is open. */
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

    private void reached() {
        if (open.get()) {
            open.set(false);
        }
        engine.reached(operation);
    }

    private void failed(Exception e) {
        failures.increment();
        retryAt.set(System.nanoTime() + RETRY_NANOS);
        open.set(true);
        engine.failed(operation, e);
    }
}
