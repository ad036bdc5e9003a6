package io.backpool.service.queue;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The thread that consumes from a broker: again a second after a failure, until it is closed. Then
 * handlers end, whether the broker is there or not. Safe for all threads.
 */
final class BrokerThread implements Engine.Consumer {
    private static final Logger LOG = LoggerFactory.getLogger(BrokerThread.class);
    private static final Duration AFTER_FAILURE = Duration.ofSeconds(1);

    private final Attempt attempt;
    private final Workers workers;
    private final Duration grace;
    private final Counters counters;
    private final CountDownLatch closing = new CountDownLatch(1);
    private final Thread thread;

    /** One subscription. */
    @FunctionalInterface
    interface Work {
        /** Returns soon after {@link #isClosing}; throws if the broker does not do its part. */
        void consume(BrokerThread thread) throws Exception;
    }

    /**
     * Starts it.
     *
     * @param name of the thread
     * @param grace how long handlers may take to end
     */
    BrokerThread(
            String name,
            Work work,
            Attempt attempt,
            Workers workers,
            Duration grace,
            Counters counters) {
        this.attempt = attempt;
        this.workers = workers;
        this.grace = grace;
        this.counters = counters;
        this.thread = new Thread(() -> run(work), name);
        thread.setDaemon(true);
        thread.start();
    }

    private void run(Work work) {
        try {
            while (!isClosing(Duration.ZERO)) {
                try {
                    attempt.check();
                    work.consume(this);
                } catch (QueueException e) {
                    LOG.debug("queue - consuming nothing", e);
                    isClosing(AFTER_FAILURE);
                } catch (InterruptedException e) {
                    throw e;
                } catch (Exception e) {
                    counters.failed(Counters.CONSUME, "Can't consume", e);
                    isClosing(AFTER_FAILURE);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        endHandlers();
    }

    /** Those that have begun, within the grace; for who can confirm what they did meanwhile. */
    void endHandlers() {
        workers.stop(grace, () -> {});
    }

    /** Waits; true as soon as it is to end. */
    boolean isClosing(Duration wait) throws InterruptedException {
        return closing.await(wait.toMillis(), TimeUnit.MILLISECONDS);
    }

    @Override
    public void close() {
        closing.countDown();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
