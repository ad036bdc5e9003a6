package io.backpool.service.queue;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The threads of this process that handle messages. What is handed over beyond their number waits:
 * the caller keeps to {@link #free}. Safe for all threads.
 */
final class Workers {
    private static final Duration GRACE = Duration.ofSeconds(10);

    private final int capacity;
    private final AtomicInteger taken = new AtomicInteger();
    private final ExecutorService threads;

    Workers(int threads) {
        this.capacity = 2 * threads;
        this.threads =
                Executors.newFixedThreadPool(
                        threads,
                        task -> {
                            var thread = new Thread(task, "queue-worker");
                            thread.setDaemon(true);
                            return thread;
                        });
    }

    int capacity() {
        return capacity;
    }

    /** How many more may be handed over. */
    int free() {
        return capacity - taken.get();
    }

    void submit(Runnable work) {
        taken.incrementAndGet();
        threads.execute(
                () -> {
                    try {
                        work.run();
                    } finally {
                        taken.decrementAndGet();
                    }
                });
    }

    /**
     * Waits for what has begun, then interrupts it.
     *
     * @return what has not begun
     */
    List<Runnable> stop() {
        List<Runnable> waiting = List.of();
        if (threads instanceof java.util.concurrent.ThreadPoolExecutor pool) {
            waiting = new java.util.ArrayList<>();
            pool.getQueue().drainTo(waiting);
        }
        threads.shutdown();
        try {
            if (!threads.awaitTermination(GRACE.toMillis(), TimeUnit.MILLISECONDS)) {
                threads.shutdownNow();
                threads.awaitTermination(1, TimeUnit.SECONDS);
            }
        } catch (InterruptedException e) {
            threads.shutdownNow();
            Thread.currentThread().interrupt();
        }
        return waiting;
    }
}
