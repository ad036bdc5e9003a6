package io.backpool.pool;

import io.backpool.observe.ControlError;
import io.backpool.observe.ControlException;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one thread that changes the pool: runs what was asked for, in that order, then looks after
 * every member; again and again. Nothing that it runs may wait, and no failure ends it. Its methods
 * are safe for all threads.
 */
final class PoolThread {
    private static final Logger LOG = LoggerFactory.getLogger(PoolThread.class);

    private static final long BUSY_MILLIS = 50;
    private static final long QUIET_MILLIS = 1000;
    private static final Duration LONGEST_ANSWER = Duration.ofSeconds(10);

    private final BlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();
    private final AtomicBoolean awake = new AtomicBoolean();
    private final Looking looking;
    private final Thread thread = new Thread(this::run, "pool");
    private volatile boolean ended;

    /** What is done after the tasks. */
    interface Looking {
        /** Looks after everything; true: something goes on that wants another look soon. */
        boolean look();
    }

    /** Something that may be refused. */
    interface Request {
        void begin() throws ControlException;
    }

    PoolThread(Looking looking) {
        this.looking = looking;
    }

    void start() {
        thread.start();
    }

    /** Ends it after what runs now; does not wait. */
    void end() {
        ended = true;
        wake();
    }

    /** Something has happened: look soon. */
    void wake() {
        if (awake.compareAndSet(false, true)) {
            tasks.add(() -> {});
        }
    }

    /** Runs it soon. */
    void submit(Runnable task) {
        tasks.add(task);
    }

    /** Runs it soon; a refusal is logged. */
    void submitOrLog(Request request) {
        tasks.add(
                () -> {
                    try {
                        request.begin();
                    } catch (ControlException e) {
                        LOG.warn("{}", e.getMessage());
                    }
                });
    }

    /** Returns when it has run what was asked for before; waits for ever where it hangs. */
    void awaitAlive() throws InterruptedException {
        var seen = new CountDownLatch(1);
        tasks.add(seen::countDown);
        seen.await();
    }

    /**
     * Runs it and returns when it has begun.
     *
     * @throws ControlException why it was refused
     */
    void call(Request request) throws ControlException {
        var answer = new CompletableFuture<Void>();
        tasks.add(
                () -> {
                    try {
                        request.begin();
                        answer.complete(null);
                    } catch (ControlException | RuntimeException e) {
                        answer.completeExceptionally(e);
                    }
                });
        try {
            answer.get(LONGEST_ANSWER.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof ControlException refused) {
                throw refused;
            }
            throw new IllegalStateException(e.getCause());
        } catch (TimeoutException e) {
            throw ControlError.BUSY.of();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw ControlError.STOPPING.of();
        }
    }

    private void run() {
        long pause = 0;
        while (!ended) {
            try {
                Runnable task = tasks.poll(pause, TimeUnit.MILLISECONDS);
                awake.set(false);
                for (; task != null; task = tasks.poll()) {
                    task.run();
                }
                pause = looking.look() ? BUSY_MILLIS : QUIET_MILLIS;
            } catch (InterruptedException e) {
                return;
            } catch (RuntimeException | Error e) {
                LOG.error("an error in the pool itself; it goes on", e);
                pause = QUIET_MILLIS;
            }
        }
    }
}
