package io.backpool.service.queue;

import io.backpool.engine.Shared;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Where each message of a broker has come to, in a table of the application's database, SQLite or
 * PostgreSQL: brokers can't be asked for one message. The broker has the message, the ledger only
 * its state; what is done there is not handled again. Safe for all threads.
 */
final class Ledger {
    private static final Duration KEPT = Duration.ofDays(7);
    private static final Duration BETWEEN_CLEANINGS = Duration.ofMinutes(10);

    private static final List<String> SCHEMA =
            List.of(
                    """
                    CREATE TABLE IF NOT EXISTS backpool_message (
                      id VARCHAR(64) PRIMARY KEY,
                      state VARCHAR(16) NOT NULL,
                      attempts INTEGER NOT NULL,
                      result TEXT,
                      changed BIGINT NOT NULL)
                    """,
                    """
                    CREATE INDEX IF NOT EXISTS backpool_message_queued ON backpool_message (id)
                     WHERE state = 'queued'
                    """,
                    """
                    CREATE INDEX IF NOT EXISTS backpool_message_done ON backpool_message (changed)
                     WHERE state = 'done'
                    """);

    private final Supplier<DataSource> database;

    /** The database, its table made. */
    private final Shared<DataSource, SQLException> ready = new Shared<>(this::prepare);

    private final AtomicLong cleanedAt =
            new AtomicLong(System.nanoTime() - BETWEEN_CLEANINGS.toNanos());

    Ledger(Supplier<DataSource> database) {
        this.database = database;
    }

    /** A message is about to be published. */
    void queued(String id) throws SQLException {
        clean();
        update(
                """
                INSERT INTO backpool_message (changed, id, state, attempts)
                VALUES (?, ?, 'queued', 0) ON CONFLICT (id) DO NOTHING
                """,
                id);
    }

    /** The broker never took it. */
    void forget(String id) throws SQLException {
        update(
                """
                DELETE FROM backpool_message
                 WHERE changed <= ? AND id = ? AND state = 'queued' AND attempts = 0
                """,
                id);
    }

    /**
     * A handler is about to get it.
     *
     * @return which attempt this is; 0 if it is done or dead already
     */
    int begin(String id) throws SQLException {
        try (Connection connection = connect();
                var upsert =
                        connection.prepareStatement(
                                """
                                INSERT INTO backpool_message (changed, id, state, attempts)
                                VALUES (?, ?, 'processing', 1)
                                ON CONFLICT (id) DO UPDATE
                                   SET state = 'processing', changed = excluded.changed,
                                       attempts = backpool_message.attempts + 1
                                 WHERE backpool_message.state IN ('queued', 'processing')
                                RETURNING attempts
                                """)) {
            upsert.setLong(1, System.currentTimeMillis());
            upsert.setString(2, id);
            ResultSet row = upsert.executeQuery();
            return row.next() ? row.getInt(1) : 0;
        }
    }

    /** An attempt is over. */
    void settle(String id, MessageState state, @Nullable String result) throws SQLException {
        try (Connection connection = connect();
                var update =
                        connection.prepareStatement(
                                """
                                UPDATE backpool_message SET changed = ?, state = ?, result = ?
                                 WHERE id = ? AND state <> 'done'
                                """)) {
            update.setLong(1, System.currentTimeMillis());
            update.setString(2, state.text());
            update.setString(3, result);
            update.setString(4, id);
            update.executeUpdate();
        }
    }

    @Nullable MessageStatus find(String id) throws SQLException {
        try (Connection connection = connect();
                var select =
                        connection.prepareStatement(
                                """
                                SELECT state, attempts, result FROM backpool_message WHERE id = ?
                                """)) {
            select.setString(1, id);
            ResultSet row = select.executeQuery();
            return row.next()
                    ? new MessageStatus(
                            id, MessageState.of(row.getString(1)), row.getInt(2), row.getString(3))
                    : null;
        }
    }

    /** How many wait; -1 if the database does not say. */
    long depth() {
        try (Connection connection = connect();
                Statement count = connection.createStatement()) {
            ResultSet row =
                    count.executeQuery(
                            "SELECT count(*) FROM backpool_message WHERE state = 'queued'");
            return row.next() ? row.getLong(1) : -1;
        } catch (SQLException e) {
            return -1;
        }
    }

    /** Now and then. */
    private void clean() throws SQLException {
        long last = cleanedAt.get();
        long now = System.nanoTime();
        if (now - last < BETWEEN_CLEANINGS.toNanos() || !cleanedAt.compareAndSet(last, now)) {
            return;
        }
        try (Connection connection = connect();
                var delete =
                        connection.prepareStatement(
                                """
                                DELETE FROM backpool_message WHERE state = 'done' AND changed < ?
                                """)) {
            delete.setLong(1, System.currentTimeMillis() - KEPT.toMillis());
            delete.executeUpdate();
        }
    }

    private void update(String sql, String id) throws SQLException {
        try (Connection connection = connect();
                var update = connection.prepareStatement(sql)) {
            update.setLong(1, System.currentTimeMillis());
            update.setString(2, id);
            update.executeUpdate();
        }
    }

    private Connection connect() throws SQLException {
        return ready.get().getConnection();
    }

    private DataSource prepare() throws SQLException {
        DataSource opened = database.get();
        try (Connection connection = opened.getConnection();
                Statement create = connection.createStatement()) {
            for (String statement : SCHEMA) {
                create.execute(statement);
            }
        }
        return opened;
    }
}
