package io.backpool.service.queue;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The table of a {@link SqliteQueue}, a statement a method. A message in a handler carries a lease
 * in {@code due}, which its process renews: when the process dies, the message is due again. Used
 * by the thread that has the connection.
 */
final class MessageTable {
    private static final Duration KEPT = Duration.ofDays(7);

    static final List<String> SCHEMA =
            List.of(
                    """
                    CREATE TABLE IF NOT EXISTS message (
                      id TEXT PRIMARY KEY,
                      body BLOB NOT NULL,
                      state TEXT NOT NULL,
                      attempts INTEGER NOT NULL DEFAULT 0,
                      due INTEGER, -- queued: not before; processing: lease ends; else null
                      result TEXT,
                      changed INTEGER NOT NULL)
                    """,
                    "CREATE INDEX IF NOT EXISTS message_due ON message (due) WHERE due IS NOT NULL",
                    """
                    CREATE INDEX IF NOT EXISTS message_done ON message (changed)
                     WHERE state = 'done'
                    """);

    private MessageTable() {}

    /** Queues these bodies by their ids. */
    static void insert(Connection connection, Map<String, byte[]> bodies) throws SQLException {
        long now = System.currentTimeMillis();
        try (var insert =
                connection.prepareStatement(
                        """
                        INSERT INTO message (id, body, state, due, changed)
                        VALUES (?, ?, 'queued', ?, ?)
                        """)) {
            for (Map.Entry<String, byte[]> one : bodies.entrySet()) {
                insert.setString(1, one.getKey());
                insert.setBytes(2, one.getValue());
                insert.setLong(3, now);
                insert.setLong(4, now);
                insert.addBatch();
            }
            insert.executeBatch();
        }
    }

    static @Nullable MessageStatus find(Connection connection, String id) throws SQLException {
        try (var select =
                connection.prepareStatement(
                        "SELECT state, attempts, result FROM message WHERE id = ?")) {
            select.setString(1, id);
            ResultSet row = select.executeQuery();
            return row.next()
                    ? new MessageStatus(
                            id, MessageState.of(row.getString(1)), row.getInt(2), row.getString(3))
                    : null;
        }
    }

    /** How many wait. */
    static long depth(Connection connection) throws SQLException {
        try (Statement count = connection.createStatement()) {
            return count.executeQuery(
                            """
                            SELECT count(*) FROM message
                             WHERE due IS NOT NULL AND state = 'queued'
                            """)
                    .getLong(1);
        }
    }

    /** Gives up messages that killed their process in each of so many attempts; how many. */
    static int bury(Connection connection, int attempts) throws SQLException {
        long now = System.currentTimeMillis();
        try (var bury =
                connection.prepareStatement(
                        """
                        UPDATE message
                           SET state = 'dead', due = NULL, changed = ?,
                               result = 'its process died in each attempt'
                         WHERE due <= ? AND state = 'processing' AND attempts >= ?
                        """)) {
            bury.setLong(1, now);
            bury.setLong(2, now);
            bury.setInt(3, attempts);
            return bury.executeUpdate();
        }
    }

    /** Takes up to {@code limit} messages that are due, until {@code lease} ends. */
    static List<Message> claim(Connection connection, int limit, Duration lease)
            throws SQLException {
        long now = System.currentTimeMillis();
        List<Message> claimed = new ArrayList<>();
        try (var update =
                connection.prepareStatement(
                        """
                        UPDATE message
                           SET state = 'processing', attempts = attempts + 1, due = ?, changed = ?
                         WHERE id IN (SELECT id FROM message WHERE due <= ? ORDER BY due LIMIT ?)
                        RETURNING id, body, attempts
                        """)) {
            update.setLong(1, now + lease.toMillis());
            update.setLong(2, now);
            update.setLong(3, now);
            update.setInt(4, limit);
            ResultSet rows = update.executeQuery();
            while (rows.next()) {
                claimed.add(new Message(rows.getString(1), rows.getBytes(2), rows.getInt(3)));
            }
        }
        return claimed;
    }

    /**
     * Writes where a message has come to, unless another process has claimed it since.
     *
     * @param due null for a message that is over
     */
    static void settle(
            Connection connection,
            Message message,
            MessageState state,
            @Nullable Long due,
            @Nullable String result)
            throws SQLException {
        try (var update =
                connection.prepareStatement(
                        """
                        UPDATE message SET state = ?, due = ?, result = ?, changed = ?
                         WHERE id = ? AND state = 'processing' AND attempts = ?
                        """)) {
            update.setString(1, state.text());
            update.setObject(2, due);
            update.setString(3, result);
            update.setLong(4, System.currentTimeMillis());
            update.setString(5, message.id());
            update.setInt(6, message.attempt());
            update.executeUpdate();
        }
    }

    /** Takes back a claim whose work has not begun. */
    static void giveBack(Connection connection, Message message) throws SQLException {
        try (var update =
                connection.prepareStatement(
                        """
                        UPDATE message SET state = 'queued', due = ?, attempts = attempts - 1
                         WHERE id = ? AND state = 'processing' AND attempts = ?
                        """)) {
            update.setLong(1, System.currentTimeMillis());
            update.setString(2, message.id());
            update.setInt(3, message.attempt());
            update.executeUpdate();
        }
    }

    /** What was done a week ago. */
    static void forgetOld(Connection connection) throws SQLException {
        try (var delete =
                connection.prepareStatement(
                        "DELETE FROM message WHERE state = 'done' AND changed < ?")) {
            delete.setLong(1, System.currentTimeMillis() - KEPT.toMillis());
            delete.executeUpdate();
        }
    }
}
