package io.backpool.service.queue;

import io.backpool.config.QueueConfig;
import io.backpool.engine.OpenedOnce;
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
 * brokers can't be asked for one message. The broker has the message, this table its state, and the
 * body of what was given up; what is done there is not handled again. Safe for all threads; all
 * methods throw {@link QueueException} while the database is away.
 */
final class MessageStates {
    private static final Duration BETWEEN_CLEANINGS = Duration.ofMinutes(1);

    private final MessageTable table;
    private final Duration keepDone;
    private final Supplier<DataSource> database;
    private final Counters counters;

    /** The database, its tables made. */
    private final OpenedOnce<DataSource, SQLException> ready = new OpenedOnce<>(this::prepare);

    private final AtomicLong cleanedAt =
            new AtomicLong(System.nanoTime() - BETWEEN_CLEANINGS.toNanos());

    MessageStates(QueueConfig config, Supplier<DataSource> database, Counters counters) {
        this.table = new MessageTable(config.name());
        this.keepDone = config.keepDone();
        this.database = database;
        this.counters = counters;
    }

    /** Whether it can be used is known when this returns; it is written to if that failed last. */
    void check() {
        find("");
        counters.reachability().retry(Counters.STATES, () -> ask(table::probe) == 1);
    }

    /** A message is about to be published. */
    void queued(String id) {
        ask(
                connection -> {
                    clean(connection);
                    return table.insert(connection, id, null);
                });
    }

    /** The broker never took it. */
    void forget(String id) {
        update(
                """
                DELETE FROM "backpool_*_message" WHERE id = ? AND state = 'queued' AND attempts = 0
                """,
                id);
    }

    /** A handler is about to get it. Returns which attempt this is; 0: it is over already. */
    int begin(String id) {
        List<Integer> attempt =
                ask(
                        connection ->
                                table.query(
                                        connection,
                                        """
                                        INSERT INTO "backpool_*_message" AS m
                                          (id, state, attempts, changed)
                                        VALUES (?, 'processing', 1, ?)
                                        ON CONFLICT (id) DO UPDATE
                                           SET state = 'processing', changed = excluded.changed,
                                               due = NULL, attempts = CASE m.state
                                                 WHEN 'dead' THEN 1 ELSE m.attempts + 1 END
                                         WHERE m.state IN ('queued', 'processing')
                                            OR m.state = 'dead' AND m.due IS NOT NULL
                                        RETURNING attempts
                                        """,
                                        row -> row.getInt(1),
                                        id,
                                        System.currentTimeMillis()));
        return attempt.isEmpty() ? 0 : attempt.get(0);
    }

    /** An attempt is over, unless another process has finished the message since. */
    void settle(String id, MessageState state, @Nullable String result) {
        update(
                """
                UPDATE "backpool_*_message" SET changed = ?, state = ?, due = NULL, result = ?
                 WHERE id = ? AND state <> 'done'
                """,
                System.currentTimeMillis(),
                state.text(),
                result,
                id);
    }

    /** It was given up; from now on it is only here. */
    void bury(String id, byte[] body, String reason) {
        queued(id);
        // First: what is dead is not handled again if it is delivered again.
        ask(connection -> table.insertBody(connection, id, body));
        settle(id, MessageState.DEAD, reason);
    }

    @Nullable MessageStatus find(String id) {
        return ask(connection -> Optional.ofNullable(table.find(connection, id))).orElse(null);
    }

    List<DeadMessage> dead(int limit) {
        return ask(connection -> table.dead(connection, limit));
    }

    /** The body of a dead message, which may be handled again from now on; null: none is dead. */
    byte @Nullable [] allowRetry(String id) {
        int dead =
                update(
                        """
                        UPDATE "backpool_*_message" SET due = 0 WHERE id = ? AND state = 'dead'
                        """,
                        id);
        return dead == 0
                ? null
                : ask(connection -> Optional.ofNullable(table.body(connection, id))).orElse(null);
    }

    /** The broker has it again, and perhaps no handler has begun yet. */
    void retried(String id) {
        update(
                """
                UPDATE "backpool_*_message"
                   SET state = 'queued', attempts = 0, due = NULL, changed = ?
                 WHERE id = ? AND state = 'dead' AND due IS NOT NULL
                """,
                System.currentTimeMillis(),
                id);
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
            // Of messages that were dead once, and are done.
            table.update(
                    connection,
                    """
                    DELETE FROM "backpool_*_body" WHERE NOT EXISTS
                      (SELECT 1 FROM "backpool_*_message" m
                        WHERE m.id = "backpool_*_body".id AND m.state <> 'done')
                    """);
        }
    }

    private int update(String sql, @Nullable Object... values) {
        return ask(connection -> table.update(connection, sql, values));
    }

    /** That it can be used again, {@link #check} finds out. */
    private <T> T ask(Sql.Work<T> work) {
        try (Connection connection = ready.get().getConnection()) {
            return work.in(connection);
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
}
