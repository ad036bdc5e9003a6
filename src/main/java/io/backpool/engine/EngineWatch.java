package io.backpool.engine;

import java.time.Duration;

/**
 * Asks an engine in the background whether it answers: every two seconds, and twice a second while
 * it has not done what it was last asked for. So no other thread waits to know, and an engine that
 * is away, or back, is noticed although no request asks it. Safe for all threads.
 */
public final class EngineWatch implements AutoCloseable {
    private static final Duration PAUSE = Duration.ofMillis(500);

    /** Pauses between two questions to an engine that is well. */
    private static final int PAUSES = 4;

    private static final Duration LONGEST_END = Duration.ofSeconds(1);

    private static final String ANSWER = "answer";

    private final Question question;
    private final Reachability reachability;
    private final Thread thread;
    private volatile long answer = -1;

    /** Used by the thread only. */
    private boolean wasAway;

    /** Guarded by this. */
    private boolean started;

    /** Something that only an engine that is there can answer, in bounded time. */
    @FunctionalInterface
    public interface Question {
        long ask() throws Exception;
    }

    /**
     * Asks nothing yet.
     *
     * @param service for the thread's name
     */
    public EngineWatch(String service, Question question, Reachability reachability) {
        this.question = question;
        this.reachability = reachability;
        this.thread = new Thread(this::run, service + "-watch");
        thread.setDaemon(true);
    }

    /** From now on the engine is asked. */
    public synchronized void start() {
        if (!started) {
            started = true;
            thread.start();
        }
    }

    /** The last answer; -1 if the engine gave none when it was last asked. */
    public long answer() {
        return answer;
    }

    /** Whether the engine did what it was last asked for; does not wait for it. */
    public boolean isReachable() {
        start();
        return reachability.isReachable();
    }

    private void run() {
        try {
            while (true) {
                ask();
                int pauses = 0;
                do {
                    Thread.sleep(PAUSE.toMillis());
                    pauses++;
                } while (pauses < PAUSES && reachability.isReachable());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void ask() throws InterruptedException {
        try {
            answer = question.ask();
            reachability.reached(ANSWER);
            if (wasAway) {
                wasAway = false;
                reachability.reached(); // Whatever failed, failed because it was away.
            }
        } catch (InterruptedException e) {
            throw e;
        } catch (Exception e) {
            if (Thread.currentThread().isInterrupted()) {
                throw new InterruptedException();
            }
            answer = -1;
            wasAway = true;
            reachability.failed(ANSWER, e);
        }
    }

    /** A question that is being asked ends first, within a second: it uses what is closed next. */
    @Override
    public synchronized void close() {
        started = true;
        thread.interrupt();
        try {
            thread.join(LONGEST_END.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
