package io.backpool.app;

import java.lang.reflect.InvocationTargetException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The threads of the application's own tasks. A task that fails is logged, and no thread is lost by
 * it. Safe for all threads.
 */
public final class AppTasks {
    private static final Logger LOG = LoggerFactory.getLogger(AppTasks.class);

    /** As many run at once on virtual threads: memory, not processors. */
    private static final int MAX_VIRTUAL = 10_000;

    private static final int SCHEDULER_THREADS = 4;
    private static final int IDLE_SECONDS = 30;
    private static final Duration AFTER_INTERRUPT = Duration.ofSeconds(1);

    private final ThreadPoolExecutor executor;
    private final ScheduledThreadPoolExecutor scheduler;
    private final AtomicBoolean ended = new AtomicBoolean();

    /**
     * Starts no thread yet.
     *
     * @param loader the application's, the context class loader of each thread
     * @param virtual whether each task has a virtual thread
     * @param maxThreads how many run at once otherwise
     */
    public AppTasks(ClassLoader loader, boolean virtual, int maxThreads) {
        ThreadFactory threads =
                named("app-task", virtual ? virtual() : Executors.defaultThreadFactory(), loader);
        executor =
                virtual
                        ? new Tasks(0, MAX_VIRTUAL, new SynchronousQueue<>(), threads)
                        : new Tasks(maxThreads, maxThreads, new LinkedBlockingQueue<>(), threads);
        scheduler = new Schedule(named("app-timer", Executors.defaultThreadFactory(), loader));
    }

    /** Runs tasks that may block. */
    public ExecutorService executor() {
        return executor;
    }

    /** Runs tasks later, once or again and again. */
    public ScheduledExecutorService scheduler() {
        return scheduler;
    }

    /**
     * Once: takes no more tasks, forgets those that were for later, and waits for those that run;
     * then interrupts what is left.
     *
     * @param most how long to wait
     */
    public void end(Duration most) throws InterruptedException {
        if (ended.getAndSet(true)) {
            return;
        }
        scheduler.shutdown();
        executor.shutdown();
        long deadline = System.nanoTime() + most.toNanos();
        if (hasEnded(deadline)) {
            return;
        }
        int running = executor.getActiveCount() + scheduler.getActiveCount();
        int waiting = executor.shutdownNow().size();
        scheduler.shutdownNow();
        LOG.warn(
                "pool.drain-timeout is over: interrupted {} tasks of the application, dropped {}",
                running,
                waiting);
        hasEnded(System.nanoTime() + AFTER_INTERRUPT.toNanos());
    }

    private boolean hasEnded(long deadline) throws InterruptedException {
        for (ExecutorService each : List.of(scheduler, executor)) {
            if (!each.awaitTermination(deadline - System.nanoTime(), TimeUnit.NANOSECONDS)) {
                return false;
            }
        }
        return true;
    }

    private static ThreadFactory named(String name, ThreadFactory factory, ClassLoader loader) {
        var count = new AtomicInteger();
        return task -> {
            Thread thread = factory.newThread(task);
            thread.setName(name + "-" + count.incrementAndGet());
            thread.setDaemon(true);
            thread.setContextClassLoader(loader);
            return thread;
        };
    }

    /** By name, since this is compiled for Java 17. */
    private static ThreadFactory virtual() {
        try {
            Object builder = Thread.class.getMethod("ofVirtual").invoke(null);
            return (ThreadFactory)
                    Class.forName("java.lang.Thread$Builder").getMethod("factory").invoke(builder);
        } catch (ReflectiveOperationException e) {
            Throwable cause = e instanceof InvocationTargetException ? e.getCause() : e;
            throw new IllegalStateException("Java 21 or later has virtual threads", cause);
        }
    }

    private static void report(@Nullable Throwable failure) {
        LOG.error("A task of the application failed", failure);
    }

    /** Says what a task threw; a task that was cancelled threw nothing. */
    private static void report(Runnable task) {
        if (task instanceof Future<?> future && future.isDone()) {
            try {
                future.get();
            } catch (ExecutionException e) {
                report(e.getCause());
            } catch (CancellationException e) {
                LOG.debug("A task was cancelled", e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Whatever it throws: its thread, and its next time, are not lost. */
    private static Runnable goesOn(Runnable task) {
        return () -> {
            try {
                task.run();
            } catch (Throwable e) {
                report(e);
            }
        };
    }

    private static final class Tasks extends ThreadPoolExecutor {
        Tasks(int threads, int most, BlockingQueue<Runnable> queue, ThreadFactory factory) {
            super(threads, most, IDLE_SECONDS, TimeUnit.SECONDS, queue, factory);
            allowCoreThreadTimeOut(true);
        }

        /** What is submitted comes as a Future, which keeps what was thrown. */
        @Override
        public void execute(Runnable task) {
            super.execute(task instanceof Future ? task : goesOn(task));
        }

        @Override
        protected void afterExecute(Runnable task, @Nullable Throwable thrown) {
            report(task);
        }
    }

    private static final class Schedule extends ScheduledThreadPoolExecutor {
        Schedule(ThreadFactory factory) {
            super(SCHEDULER_THREADS, factory);
            setKeepAliveTime(IDLE_SECONDS, TimeUnit.SECONDS);
            allowCoreThreadTimeOut(true);
            setRemoveOnCancelPolicy(true);
            setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        }

        @Override
        protected void afterExecute(Runnable task, @Nullable Throwable thrown) {
            report(task);
        }

        @Override
        public ScheduledFuture<?> scheduleAtFixedRate(
                Runnable task, long first, long period, TimeUnit unit) {
            return super.scheduleAtFixedRate(goesOn(task), first, period, unit);
        }

        @Override
        public ScheduledFuture<?> scheduleWithFixedDelay(
                Runnable task, long first, long pause, TimeUnit unit) {
            return super.scheduleWithFixedDelay(goesOn(task), first, pause, unit);
        }
    }
}
