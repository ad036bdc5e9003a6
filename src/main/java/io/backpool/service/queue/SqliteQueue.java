package io.backpool.service.queue;

import io.backpool.config.ServiceUrl;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteConfig;

/**
 * A SQLite file in WAL mode, which all processes of the host share. A commit is on the disk before
 * {@link #publish} returns; threads that publish at the same time share one. A message in a handler
 * carries a lease in {@code due}, which its process renews: when the process dies, the message is
 * due again.
 *
 * <p>Two connections, each with a lock: one writes, one reads. Both are opened at the first use.
 */
final class SqliteQueue implements Queue {
    /** How long a dead process's messages wait for another. */
    static final Duration LEASE = Duration.ofSeconds(15);

    private static final Duration KEPT = Duration.ofDays(7);
    private static final int BUSY_MILLIS = 10_000;

    private static final List<String> SCHEMA =
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

    private final Path file;
    private final Retries retries;
    private final Duration lease;
    private final Counters counters;

    private final ReentrantLock writing = new ReentrantLock();
    private final ReentrantLock reading = new ReentrantLock();

    /** Guarded by {@link #writing}. */
    private @Nullable Connection writer;

    /** Guarded by {@link #reading}. */
    private @Nullable Connection reader;

    /** What threads want to publish, until one of them commits for all. */
    private final ConcurrentLinkedQueue<Publication> publications = new ConcurrentLinkedQueue<>();

    private final List<SqliteConsumer> consumers =
            new java.util.concurrent.CopyOnWriteArrayList<>();

    SqliteQueue(ServiceUrl url, Retries retries, Duration lease) {
        String path = url.withoutScheme();
        if (path.isBlank() || path.startsWith("//")) {
            throw new IllegalArgumentException("no file");
        }
        this.counters = new Counters(url);
        this.file = Path.of(path);
        this.retries = retries;
        this.lease = lease;
    }

    /** Body waiting to be committed; {@code committed} and {@code failure} guarded by writing. */
    private static final class Publication {
        final String id = UUID.randomUUID().toString();
        final byte[] body;
        boolean committed;

        Publication(byte[] body) {
            this.body = body;
        }
    }

    @Override
    public String publish(byte[] body) {
        var mine = new Publication(body);
        publications.add(mine);
        writing.lock();
        try {
            if (!mine.committed) {
                commitPublications();
            }
        } finally {
            publications.remove(mine);
            writing.unlock();
        }
        counters.published.increment();
        consumers.forEach(SqliteConsumer::wake);
        return mine.id;
    }

    /** All that are waiting, in one transaction; each caller commits what it finds. */
    private void commitPublications() {
        List<Publication> batch = List.copyOf(publications);
        long now = System.currentTimeMillis();
        write(
                connection -> {
                    try (var insert =
                            connection.prepareStatement(
                                    """
                                    INSERT INTO message (id, body, state, due, changed)
                                    VALUES (?, ?, 'queued', ?, ?)
                                    """)) {
                        for (Publication one : batch) {
                            insert.setString(1, one.id);
                            insert.setBytes(2, one.body);
                            insert.setLong(3, now);
                            insert.setLong(4, now);
                            insert.addBatch();
                        }
                        insert.executeBatch();
                    }
                    return batch.size();
                });
        batch.forEach(
                one -> {
                    one.committed = true;
                    publications.remove(one);
                });
    }

    @Override
    public @Nullable MessageStatus find(String id) {
        return read(
                connection -> {
                    try (var select =
                            connection.prepareStatement(
                                    "SELECT state, attempts, result FROM message WHERE id = ?")) {
                        select.setString(1, id);
                        ResultSet row = select.executeQuery();
                        return row.next()
                                ? new MessageStatus(
                                        id,
                                        MessageState.of(row.getString(1)),
                                        row.getInt(2),
                                        row.getString(3))
                                : null;
                    }
                });
    }

    @Override
    public AutoCloseable consume(int threads, MessageHandler handler) {
        var consumer = new SqliteConsumer(this, threads, handler, retries, lease, counters);
        consumers.add(consumer);
        consumer.start();
        return () -> {
            consumers.remove(consumer);
            consumer.close();
        };
    }

    @Override
    public QueueStats stats() {
        return counters.stats(depth());
    }

    private long depth() {
        try {
            Long depth =
                    read(
                            connection -> {
                                try (Statement count = connection.createStatement()) {
                                    return count.executeQuery(
                                                    """
                                                    SELECT count(*) FROM message
                                                     WHERE due IS NOT NULL AND state = 'queued'
                                                    """)
                                            .getLong(1);
                                }
                            });
            return depth == null ? -1 : depth;
        } catch (QueueException e) {
            return -1;
        }
    }

    @Override
    public void close() {
        consumers.forEach(SqliteConsumer::close);
        consumers.clear();
        writing.lock();
        reading.lock();
        try {
            close(writer);
            close(reader);
            writer = null;
            reader = null;
        } finally {
            reading.unlock();
            writing.unlock();
        }
    }

    /** Takes up to {@code limit} messages that are due. Gives up those that killed too often. */
    List<Message> claim(Connection connection, int limit) throws SQLException {
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
            bury.setInt(3, retries.attempts());
            counters.dead.add(bury.executeUpdate());
        }
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
    void settle(
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
    void giveBack(Connection connection, Message message) throws SQLException {
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

    void forgetOld(Connection connection) throws SQLException {
        try (var delete =
                connection.prepareStatement(
                        "DELETE FROM message WHERE state = 'done' AND changed < ?")) {
            delete.setLong(1, System.currentTimeMillis() - KEPT.toMillis());
            delete.executeUpdate();
        }
    }

    /** Something to do in a transaction. */
    @FunctionalInterface
    interface Work<T> {
        T in(Connection connection) throws SQLException;
    }

    /** Something to look up. */
    @FunctionalInterface
    private interface Question<T> {
        @Nullable T ask(Connection connection) throws SQLException;
    }

    /** One transaction, all or nothing. */
    <T> T write(Work<T> work) {
        writing.lock();
        try {
            Connection connection = writer();
            // By hand: the driver would begin the next transaction, and hold its lock, at once.
            execute(connection, "BEGIN IMMEDIATE");
            try {
                T result = work.in(connection);
                execute(connection, "COMMIT");
                counters.reached();
                return result;
            } catch (SQLException e) {
                rollback(connection, e);
                throw e;
            }
        } catch (SQLException | IOException e) {
            throw counters.failed("Can't use", e);
        } finally {
            writing.unlock();
        }
    }

    private <T> @Nullable T read(Question<T> question) {
        reading.lock();
        try {
            return question.ask(reader());
        } catch (SQLException | IOException e) {
            throw counters.failed("Can't use", e);
        } finally {
            reading.unlock();
        }
    }

    private Connection writer() throws SQLException, IOException {
        if (writer == null) {
            writer = connect();
        }
        return writer;
    }

    private Connection reader() throws SQLException, IOException {
        if (reader == null) {
            reader = connect();
        }
        return reader;
    }

    private Connection connect() throws SQLException, IOException {
        Path folder = file.toAbsolutePath().getParent();
        if (folder != null) {
            Files.createDirectories(folder);
        }
        var config = new SQLiteConfig();
        config.setJournalMode(SQLiteConfig.JournalMode.WAL);
        config.setSynchronous(SQLiteConfig.SynchronousMode.FULL);
        config.setBusyTimeout(BUSY_MILLIS);
        Connection connection = config.createConnection("jdbc:sqlite:" + file);
        try {
            for (String statement : SCHEMA) {
                execute(connection, statement);
            }
            return connection;
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
    }

    /** SQLite has done so itself after some failures, such as a full disk. */
    private static void rollback(Connection connection, SQLException failure) {
        try {
            execute(connection, "ROLLBACK");
        } catch (SQLException e) {
            failure.addSuppressed(e);
        }
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private void close(@Nullable Connection connection) {
        try {
            if (connection != null) {
                connection.close();
            }
        } catch (SQLException e) {
            throw counters.failed("Can't use", e);
        }
    }
}
