package io.backpool.service.queue;

import io.netty.util.concurrent.DefaultThreadFactory;
import java.time.Duration;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The threads of this process that handle messages. What is handed over beyond their number waits:
 * the caller keeps to {@link #free}. Safe for all threads.
 */
final class Workers {
    private static final int LOOK_AGAIN_MILLIS = 200;

    private final int capacity;
    private final AtomicInteger taken = new AtomicInteger();
    private final ThreadPoolExecutor threads;
    private volatile boolean stopping;

    /**
     * Starts none yet.
     *
     * @param ahead how many messages may wait for a thread
     */
    Workers(int threads, int ahead) {
        this.capacity = threads + ahead;
        this.threads =
                new ThreadPoolExecutor(
                        threads,
                        threads,
                        0,
                        TimeUnit.SECONDS,
                        new LinkedBlockingQueue<>(),
                        new DefaultThreadFactory("queue-worker", true));
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

    boolean isStopping() {
        return stopping;
    }

    /**
     * Waits for what has begun, then interrupts it; what has not begun never does.
     *
     * @param meanwhile is done again and again
     */
    void stop(Duration grace, Runnable meanwhile) {
        stopping = true;
        threads.getQueue().clear();
        threads.shutdown();
        long begun = System.nanoTime();
        try {
            while (!threads.awaitTermination(LOOK_AGAIN_MILLIS, TimeUnit.MILLISECONDS)) {
                if (System.nanoTime() - begun > grace.toNanos()) {
                    threads.shutdownNow();
                    threads.awaitTermination(1, TimeUnit.SECONDS);
                    return;
                }
                meanwhile.run();
            }
        } catch (InterruptedException e) {
            threads.shutdownNow();
            Thread.currentThread().interrupt();
        }
    }
}
