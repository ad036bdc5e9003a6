package io.backpool.service.queue;

import io.backpool.config.QueueConfig;
import io.backpool.engine.Shared;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * What became of each message of a broker, in a {@link MessageTable} of the application's database:
 * brokers can't be asked for one message. The broker has the message, the ledger its state, and the
 * body of what was given up; what is done there is not handled again. Safe for all threads; all
 * methods throw {@link QueueException} while the database is away.
 */
final class Ledger {
    private static final Duration BETWEEN_CLEANINGS = Duration.ofMinutes(1);

    private final MessageTable table;
    private final Duration keepDone;
    private final Supplier<DataSource> database;
    private final Counters counters;

    /** The database, its tables made. */
    private final Shared<DataSource, SQLException> ready = new Shared<>(this::prepare);

    private final AtomicLong cleanedAt =
            new AtomicLong(System.nanoTime() - BETWEEN_CLEANINGS.toNanos());

    Ledger(QueueConfig config, Supplier<DataSource> database, Counters counters) {
        this.table = new MessageTable(config.name());
        this.keepDone = config.keepDone();
        this.database = database;
        this.counters = counters;
    }

    /** Whether it can be used is known when this returns. */
    void check() {
        find("");
    }

    /** A message is about to be published. */
    void queued(String id) {
        ask(
                connection -> {
                    clean(connection);
                    table.insert(connection, id, null);
                    return true;
                });
    }

    /** The broker never took it. */
    void forget(String id) {
        ask(
                connection -> {
                    table.forget(connection, id);
                    return true;
                });
    }

    /** A handler is about to get it. Returns which attempt this is; 0: it is over already. */
    int begin(String id) {
        return ask(connection -> table.begin(connection, id));
    }

    /** An attempt is over. */
    void settle(String id, MessageState state, @Nullable String result) {
        ask(
                connection -> {
                    table.settle(connection, id, state, result);
                    return true;
                });
    }

    /** It was given up; from now on it is only here. */
    void bury(String id, byte[] body, String reason) {
        ask(
                connection -> {
                    table.insertDead(connection, id, reason);
                    table.insertBody(connection, id, body);
                    return true;
                });
    }

    @Nullable MessageStatus find(String id) {
        return ask(connection -> Optional.ofNullable(table.find(connection, id))).orElse(null);
    }

    List<DeadMessage> dead(int limit) {
        return ask(connection -> table.dead(connection, limit));
    }

    /** The body of a dead message, which may be handled again from now on; null: none is dead. */
    byte @Nullable [] allowRetry(String id) {
        return ask(connection ->
                        table.allowRetry(connection, id)
                                ? Optional.ofNullable(table.body(connection, id))
                                : Optional.<byte[]>empty())
                .orElse(null);
    }

    /** The broker has it again. */
    void retried(String id) {
        ask(
                connection -> {
                    table.endRetry(connection, id);
                    return true;
                });
    }

    boolean drop(String id) {
        return ask(connection -> table.drop(connection, id));
    }

    /** Now and then. */
    private void clean(Connection connection) throws SQLException {
        long last = cleanedAt.get();
        long now = System.nanoTime();
        if (now - last > BETWEEN_CLEANINGS.toNanos() && cleanedAt.compareAndSet(last, now)) {
            table.deleteOld(connection, keepDone);
            table.deleteUnusedBodies(connection);
        }
    }

    private <T> T ask(Question<T> question) {
        try (Connection connection = ready.get().getConnection()) {
            T answer = question.ask(connection);
            counters.reachability().reached(Counters.STATES);
            return answer;
        } catch (SQLException e) {
            throw counters.failed(
                    Counters.STATES, "The database that keeps the messages' states fails for", e);
        }
    }

    private DataSource prepare() throws SQLException {
        DataSource opened = database.get();
        try (Connection connection = opened.getConnection()) {
            table.create(connection);
        }
        return opened;
    }

    /** Something to do in a connection. */
    private interface Question<T> {
        T ask(Connection connection) throws SQLException;
    }
}
