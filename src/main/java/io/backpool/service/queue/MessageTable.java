package io.backpool.service.queue;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * Messages by {@link MessageState}, in SQLite or PostgreSQL, a statement a method: all there is of
 * a {@link SqliteEngine}'s messages, and what became of those that a broker has. Bodies are in a
 * table of their own, so that a change of state writes only that. Immutable; used by the thread
 * that has the connection.
 */
final class MessageTable {
    static final String DIED = "its process died in each attempt";

    /** No message has this id. */
    private static final String PROBE = "";

    private static final int ROOM = 64 << 10;

    private static final List<String> SCHEMA =
            List.of(
                    """
                    CREATE TABLE IF NOT EXISTS "backpool_*_message" (
                      id TEXT PRIMARY KEY,
                      state VARCHAR(16) NOT NULL,
                      attempts INTEGER NOT NULL,
                      due BIGINT, -- queued: not before; processing: lease ends; dead: queued again
                      result TEXT,
                      changed BIGINT NOT NULL)
                    """,
                    """
                    CREATE TABLE IF NOT EXISTS "backpool_*_body" (
                      id TEXT PRIMARY KEY,
                      body BYTEA NOT NULL)
                    """,
                    """
                    CREATE INDEX IF NOT EXISTS "backpool_*_due"
                      ON "backpool_*_message" (due, state) WHERE due IS NOT NULL
                    """,
                    """
                    CREATE INDEX IF NOT EXISTS "backpool_*_done"
                      ON "backpool_*_message" (changed) WHERE state = 'done'
                    """,
                    """
                    CREATE INDEX IF NOT EXISTS "backpool_*_dead"
                      ON "backpool_*_message" (changed) WHERE state = 'dead'
                    """);

    private final String name;

    /** The queue's name: letters, digits, - and _. */
    MessageTable(String name) {
        this.name = name;
    }

    void create(Connection connection) throws SQLException {
        for (String statement : SCHEMA) {
            update(connection, statement);
        }
    }

    /** A new message; {@code due} null where a broker has it. */
    int insert(Connection connection, String id, @Nullable Long due) throws SQLException {
        return update(
                connection,
                """
                INSERT INTO "backpool_*_message" (id, state, attempts, due, changed)
                VALUES (?, 'queued', 0, ?, ?) ON CONFLICT (id) DO NOTHING
                """,
                id,
                due,
                System.currentTimeMillis());
    }

    /** Whether there is room: for more than what a full disk has left here and there. */
    int probe(Connection connection) throws SQLException {
        byte[] body = new byte[ROOM];
        ThreadLocalRandom.current().nextBytes(body);
        insertBody(connection, PROBE, body);
        return deleteBody(connection, PROBE);
    }

    int insertBody(Connection connection, String id, byte[] body) throws SQLException {
        return update(
                connection,
                """
                INSERT INTO "backpool_*_body" (id, body) VALUES (?, ?) ON CONFLICT (id) DO NOTHING
                """,
                id,
                body);
    }

    int deleteBody(Connection connection, String id) throws SQLException {
        return update(connection, "DELETE FROM \"backpool_*_body\" WHERE id = ?", id);
    }

    @Nullable MessageStatus find(Connection connection, String id) throws SQLException {
        return first(
                query(
                        connection,
                        "SELECT state, attempts, result FROM \"backpool_*_message\" WHERE id = ?",
                        row ->
                                new MessageStatus(
                                        id,
                                        state(row.getString(1)),
                                        row.getInt(2),
                                        row.getString(3)),
                        id));
    }

    byte @Nullable [] body(Connection connection, String id) throws SQLException {
        return first(
                query(
                        connection,
                        "SELECT body FROM \"backpool_*_body\" WHERE id = ?",
                        row -> row.getBytes(1),
                        id));
    }

    List<DeadMessage> dead(Connection connection, int limit) throws SQLException {
        return query(
                connection,
                """
                SELECT id, attempts, result, changed FROM "backpool_*_message"
                 WHERE state = 'dead' ORDER BY changed DESC LIMIT ?
                """,
                row ->
                        new DeadMessage(
                                row.getString(1),
                                row.getInt(2),
                                String.valueOf(row.getString(3)),
                                row.getLong(4)),
                limit);
    }

    boolean drop(Connection connection, String id) throws SQLException {
        boolean dropped =
                update(
                                connection,
                                """
                                DELETE FROM "backpool_*_message" WHERE id = ? AND state = 'dead'
                                """,
                                id)
                        > 0;
        if (dropped) {
            deleteBody(connection, id);
        }
        return dropped;
    }

    /** What was done before. */
    void deleteOld(Connection connection, Duration age) throws SQLException {
        update(
                connection,
                "DELETE FROM \"backpool_*_message\" WHERE state = 'done' AND changed < ?",
                System.currentTimeMillis() - age.toMillis());
    }

    // What follows is for SQLite, as MessageStates has what is for brokers. A message in a handler
    // has a lease in due, which its process renews: when the process dies, it is due again.

    /** A dead message is queued again. */
    boolean revive(Connection connection, String id) throws SQLException {
        long now = System.currentTimeMillis();
        return update(
                        connection,
                        """
                        UPDATE "backpool_*_message"
                           SET state = 'queued', attempts = 0, due = ?, changed = ?
                         WHERE id = ? AND state = 'dead'
                        """,
                        now,
                        now,
                        id)
                > 0;
    }

    /** How many wait; reads the index only. */
    long depth(Connection connection) throws SQLException {
        return query(
                        connection,
                        """
                        SELECT count(*) FROM "backpool_*_message"
                         WHERE due IS NOT NULL AND state = 'queued'
                        """,
                        row -> row.getLong(1))
                .get(0);
    }

    /** Gives up messages that killed their process in each of so many attempts; how many. */
    int bury(Connection connection, int attempts) throws SQLException {
        long now = System.currentTimeMillis();
        return update(
                connection,
                """
                UPDATE "backpool_*_message"
                   SET state = 'dead', due = NULL, changed = ?, result = ?
                 WHERE due <= ? AND state = 'processing' AND attempts >= ?
                """,
                now,
                DIED,
                now,
                attempts);
    }

    /** Takes up to {@code limit} messages that are due, until {@code lease} ends. */
    List<Message> claim(Connection connection, int limit, Duration lease) throws SQLException {
        long now = System.currentTimeMillis();
        record Claim(String id, int attempt) {}
        List<Claim> claims =
                query(
                        connection,
                        """
                        UPDATE "backpool_*_message"
                           SET state = 'processing', attempts = attempts + 1, due = ?, changed = ?
                         WHERE id IN (SELECT id FROM "backpool_*_message"
                                       WHERE due <= ? ORDER BY due LIMIT ?)
                        RETURNING id, attempts
                        """,
                        row -> new Claim(row.getString(1), row.getInt(2)),
                        now + lease.toMillis(),
                        now,
                        now,
                        limit);
        List<Message> messages = new ArrayList<>();
        for (Claim one : claims) {
            byte[] body = body(connection, one.id);
            messages.add(new Message(one.id, body == null ? new byte[0] : body, one.attempt));
        }
        return messages;
    }

    /**
     * Writes where a message has come to, unless another process has claimed it since.
     *
     * @param due null for a message that is over
     */
    void settle(
            Connection connection,
            Message message,
            MessageState state,
            @Nullable Long due,
            @Nullable String result)
            throws SQLException {
        int ours =
                update(
                        connection,
                        """
                        UPDATE "backpool_*_message" SET state = ?, due = ?, result = ?, changed = ?
                         WHERE id = ? AND state = 'processing' AND attempts = ?
                        """,
                        state.text(),
                        due,
                        result,
                        System.currentTimeMillis(),
                        message.id(),
                        message.attempt());
        if (ours > 0 && state == MessageState.DONE) {
            deleteBody(connection, message.id());
        }
    }

    /** {@code *} in a name stands for the queue's. */
    int update(Connection connection, String sql, @Nullable Object... values) throws SQLException {
        return Sql.update(connection, sql.replace("*_", name + "_"), values);
    }

    /** Likewise. */
    <T> List<T> query(
            Connection connection, String sql, Sql.Reader<T> reader, @Nullable Object... values)
            throws SQLException {
        return Sql.query(connection, sql.replace("*_", name + "_"), reader, values);
    }

    private static MessageState state(String text) {
        return MessageState.valueOf(text.toUpperCase(Locale.ROOT));
    }

    private static <T> @Nullable T first(List<T> rows) {
        return rows.isEmpty() ? null : rows.get(0);
    }
}
