package io.backpool.service.queue;

import io.backpool.config.QueueConfig;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Handles a {@link SqliteEngine}'s messages in this process. One thread, the clerk, does all the
 * writing: in each transaction it settles what workers have finished, renews the leases of what
 * they have not, and claims a message for each thread that has none. What is claimed is begun at
 * once: a process that dies has counted no attempt at what it had not begun.
 */
final class SqliteConsumer implements Engine.Consumer {
    private static final Logger LOG = LoggerFactory.getLogger(SqliteConsumer.class);

    /** How soon a message that another process published is seen. */
    private static final Duration LOOK_AGAIN = Duration.ofMillis(200);

    private static final Duration AFTER_FAILURE = Duration.ofSeconds(1);
    private static final Duration BETWEEN_CLEANINGS = Duration.ofSeconds(10);

    private final SqliteFile file;
    private final MessageTable table;
    private final Workers workers;
    private final MessageHandler handler;
    private final QueueConfig config;
    private final Retries retries;
    private final Counters counters;

    private final Thread clerk = new Thread(this::run, "queue-clerk");
    private final Semaphore bell = new Semaphore(0);

    /** What workers have, from claim to settlement. */
    private final ConcurrentMap<String, Message> taken = new ConcurrentHashMap<>();

    private final ConcurrentLinkedQueue<Outcome> outcomes = new ConcurrentLinkedQueue<>();
    private volatile boolean closing;

    /** Used by the clerk only. */
    private long renewedAt = System.nanoTime();

    /** Used by the clerk only. */
    private long cleanedAt = System.nanoTime() - BETWEEN_CLEANINGS.toNanos();

    /** Starts it. */
    SqliteConsumer(
            SqliteFile file,
            MessageTable table,
            int threads,
            MessageHandler handler,
            QueueConfig config,
            Retries retries,
            Counters counters) {
        this.file = file;
        this.table = table;
        this.workers = new Workers(threads, 0);
        this.handler = handler;
        this.config = config;
        this.retries = retries;
        this.counters = counters;
        clerk.setDaemon(true);
        clerk.start();
    }

    /** How an attempt ended. */
    private record Outcome(
            Message message, MessageState state, @Nullable Long due, @Nullable String result) {}

    /** There is something to do. */
    void wake() {
        bell.release();
    }

    @Override
    public void close() {
        closing = true;
        wake();
        try {
            clerk.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        while (!closing) {
            try {
                if (turn() == 0) {
                    bell.tryAcquire(LOOK_AGAIN.toMillis(), TimeUnit.MILLISECONDS);
                }
                bell.drainPermits();
            } catch (QueueException e) {
                LOG.debug("queue - trying again", e);
                pause();
            } catch (InterruptedException e) {
                closing = true;
            }
        }
        end();
    }

    /** One transaction; none if there is nothing to do. Returns how much there was. */
    private int turn() {
        if (!file.isUsed()) {
            return 0;
        }
        List<Outcome> finished = List.copyOf(outcomes);
        int free = workers.free();
        List<Message> claimed = new ArrayList<>();
        boolean cleaning = System.nanoTime() - cleanedAt > BETWEEN_CLEANINGS.toNanos();
        file.write(
                Counters.CONSUME,
                connection -> {
                    settle(connection, finished);
                    renew(connection);
                    if (cleaning) {
                        table.deleteOld(connection, config.keepDone());
                    }
                    claimed.addAll(claim(connection, free));
                    return finished.size();
                });
        settled(finished);
        for (Message message : claimed) {
            taken.put(message.id(), message);
            workers.submit(() -> handle(message));
        }
        if (cleaning) {
            cleanedAt = System.nanoTime();
            file.shrink();
        }
        return finished.size() + claimed.size();
    }

    private List<Message> claim(Connection connection, int free) throws SQLException {
        if (free <= 0 || closing) {
            return List.of();
        }
        counters.dead.add(table.bury(connection, retries.attempts()));
        return table.claim(connection, free, retries.lease());
    }

    private void handle(Message message) {
        outcomes.add(attempt(message));
        wake();
    }

    private Outcome attempt(Message message) {
        try {
            String result = handler.handle(message);
            return new Outcome(message, MessageState.DONE, null, result);
        } catch (InterruptedException e) {
            return new Outcome(message, MessageState.QUEUED, System.currentTimeMillis(), null);
        } catch (Exception | Error e) {
            LOG.warn("queue - {} failed, attempt {}", message.id(), message.attempt(), e);
            if (retries.isLast(message.attempt())) {
                return new Outcome(message, MessageState.DEAD, null, e.toString());
            }
            long due = System.currentTimeMillis() + retries.after(message.attempt()).toMillis();
            return new Outcome(message, MessageState.QUEUED, due, e.toString());
        }
    }

    private void settle(Connection connection, List<Outcome> finished) throws SQLException {
        for (Outcome one : finished) {
            table.settle(connection, one.message(), one.state(), one.due(), one.result());
        }
    }

    /** After the commit: these are no longer ours. */
    private void settled(List<Outcome> finished) {
        for (Outcome one : finished) {
            outcomes.remove(one);
            taken.remove(one.message().id(), one.message());
            switch (one.state()) {
                case DONE -> counters.done.increment();
                case DEAD -> counters.dead.increment();
                default -> counters.retried.increment();
            }
        }
    }

    private void renew(Connection connection) throws SQLException {
        long now = System.nanoTime();
        if (taken.isEmpty() || now - renewedAt < retries.lease().toNanos() / 3) {
            return;
        }
        renewedAt = now;
        long until = System.currentTimeMillis() + retries.lease().toMillis();
        for (Message held : taken.values()) {
            table.settle(connection, held, MessageState.PROCESSING, until, null);
        }
    }

    private void end() {
        workers.stop(config.grace(), this::lastTurn);
        lastTurn();
    }

    /** Claims nothing. */
    private void lastTurn() {
        try {
            if (!taken.isEmpty()) {
                turn();
            }
        } catch (QueueException e) {
            LOG.warn("queue - unfinished messages wait for their lease to end: {}", e.getMessage());
        }
    }

    private void pause() {
        try {
            Thread.sleep(AFTER_FAILURE.toMillis());
        } catch (InterruptedException e) {
            closing = true;
        }
    }
}
