package io.backpool.service.queue;

import java.time.Duration;

/**
 * Asks the engine every two seconds how many messages wait, so that nobody else waits for the
 * answer, and an engine that is away, or has lost our queues, is noticed. Safe for all threads.
 */
final class Watch implements AutoCloseable {
    private static final Duration PERIOD = Duration.ofSeconds(2);

    private final Engine engine;
    private final Counters counters;
    private final Thread thread = new Thread(this::run, "queue-watch");
    private volatile long depth = -1;

    /** Guarded by this. */
    private boolean started;

    Watch(Engine engine, Counters counters) {
        this.engine = engine;
        this.counters = counters;
        thread.setDaemon(true);
    }

    synchronized void start() {
        if (!started) {
            started = true;
            thread.start();
        }
    }

    /** The last answer; -1 if there was none. */
    long depth() {
        return depth;
    }

    private void run() {
        boolean away = false;
        try {
            while (true) {
                try {
                    depth = engine.depth();
                    if (away) {
                        away = false;
                        counters.reachability().reached(); // Whatever failed, failed because of it.
                    }
                } catch (QueueException e) {
                    depth = -1;
                    away = true; // which is logged, once, by the engine
                }
                Thread.sleep(PERIOD.toMillis());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
