package io.backpool.service.queue;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Handles a {@link SqliteQueue}'s messages in this process. One thread, the clerk, does all the
 * writing: in each transaction it settles what workers have finished, renews the leases of what
 * they have not, and claims as much as there is room for.
 */
final class SqliteConsumer {
    private static final Logger LOG = LoggerFactory.getLogger(SqliteConsumer.class);

    /** How soon a message that another process published is seen. */
    private static final Duration LOOK_AGAIN = Duration.ofMillis(200);

    private static final Duration AFTER_FAILURE = Duration.ofSeconds(1);
    private static final Duration BETWEEN_CLEANINGS = Duration.ofMinutes(10);

    private final SqliteFile file;
    private final Workers workers;
    private final MessageHandler handler;
    private final Retries retries;
    private final Duration lease;
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

    SqliteConsumer(
            SqliteFile file,
            int threads,
            MessageHandler handler,
            Retries retries,
            Duration lease,
            Counters counters) {
        this.file = file;
        this.workers = new Workers(threads);
        this.handler = handler;
        this.retries = retries;
        this.lease = lease;
        this.counters = counters;
        clerk.setDaemon(true);
    }

    /** How an attempt ended. */
    private record Outcome(
            Message message, MessageState state, @Nullable Long due, @Nullable String result) {}

    void start() {
        clerk.start();
    }

    /** There is something to do. */
    void wake() {
        bell.release();
    }

    /** Finishes what has begun and gives back the rest. */
    void close() {
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
        if (!file.isThere()) {
            return 0;
        }
        List<Outcome> finished = List.copyOf(outcomes);
        int room = workers.free();
        List<Message> claimed = new ArrayList<>();
        file.write(
                Counters.CONSUME,
                connection -> {
                    settle(connection, finished);
                    renew(connection);
                    clean(connection);
                    claimed.addAll(claim(connection, room));
                    return finished.size();
                });
        settled(finished);
        for (Message message : claimed) {
            taken.put(message.id(), message);
            workers.submit(() -> handle(message));
        }
        return finished.size() + claimed.size();
    }

    private List<Message> claim(Connection connection, int room) throws SQLException {
        if (room <= 0) {
            return List.of();
        }
        counters.dead.add(MessageTable.bury(connection, retries.attempts()));
        return MessageTable.claim(connection, room, lease);
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
            MessageTable.settle(connection, one.message(), one.state(), one.due(), one.result());
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
        if (taken.isEmpty() || now - renewedAt < lease.toNanos() / 3) {
            return;
        }
        renewedAt = now;
        long until = System.currentTimeMillis() + lease.toMillis();
        for (Map.Entry<String, Message> held : taken.entrySet()) {
            MessageTable.settle(connection, held.getValue(), MessageState.PROCESSING, until, null);
        }
    }

    private void clean(Connection connection) throws SQLException {
        long now = System.nanoTime();
        if (now - cleanedAt > BETWEEN_CLEANINGS.toNanos()) {
            cleanedAt = now;
            MessageTable.forgetOld(connection);
        }
    }

    private void end() {
        workers.stop();
        if (!file.isThere()) {
            return;
        }
        try {
            List<Outcome> finished = List.copyOf(outcomes);
            file.write(
                    Counters.CONSUME,
                    connection -> {
                        settle(connection, finished);
                        return finished.size();
                    });
            settled(finished);
            file.write(
                    Counters.CONSUME,
                    connection -> {
                        for (Message unfinished : taken.values()) {
                            MessageTable.giveBack(connection, unfinished);
                        }
                        return taken.size();
                    });
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
