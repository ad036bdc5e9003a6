package io.backpool.service.queue;

import io.backpool.engine.OpenedFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sqlite.SQLiteConfig;

/**
 * A SQLite file in WAL mode, which all processes of the host share. A commit is on the disk when it
 * returns. Two connections, each with a lock: one writes, one reads; both are opened at the first
 * use, and again when somebody has deleted the file. Safe for all threads.
 */
final class SqliteFile implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SqliteFile.class);
    private static final int BUSY_MILLIS = 10_000;

    /** Free pages that the file keeps for what comes, and how many more it gives back at a time. */
    private static final int SPARE_PAGES = 1_000;

    private static final int PAGES_AT_ONCE = 4_000;

    /** Of what a commit leaves beside the file, once it is in the file. */
    private static final int WAL_BYTES = 4 << 20;

    private final Path path;
    private final OpenedFile file;
    private final MessageTable table;
    private final Counters counters;
    private final ReentrantLock writing = new ReentrantLock();
    private final ReentrantLock reading = new ReentrantLock();

    /** Guarded by {@link #writing}. */
    private @Nullable Opened writer;

    /** Guarded by {@link #reading}. */
    private @Nullable Opened reader;

    SqliteFile(Path path, MessageTable table, Counters counters) {
        this.path = path;
        this.file = new OpenedFile(path, counters.reachability());
        this.table = table;
        this.counters = counters;
    }

    /** A connection, and the key of the file that it has open. */
    private record Opened(Connection connection, @Nullable Object key) {}

    /** Whether there is one, or was: the first message makes it. */
    boolean isUsed() {
        return file.isUsed() || file.exists();
    }

    /**
     * One transaction, all or nothing.
     *
     * @param operation of {@link Counters}, that fails or succeeds with it
     */
    <T> T write(String operation, Sql.Work<T> work) {
        writing.lock();
        try {
            writer = current(writer);
            Connection connection = writer.connection;
            // By hand: the driver would begin the next transaction, and hold its lock, at once.
            execute(connection, "BEGIN IMMEDIATE");
            try {
                T result = work.in(connection);
                execute(connection, "COMMIT");
                requireCurrent(writer);
                counters.reachability().reached(operation);
                return result;
            } catch (SQLException e) {
                rollback(connection, e);
                throw e;
            }
        } catch (SQLException | IOException e) {
            throw counters.failed(operation, "Can't use", e);
        } finally {
            writing.unlock();
        }
    }

    /** Sees what was committed before; waits for no writer. */
    <T> T read(Sql.Work<T> work) {
        reading.lock();
        try {
            reader = current(reader);
            T answer = work.in(reader.connection);
            counters.reachability().reached(Counters.STATES);
            return answer;
        } catch (SQLException | IOException e) {
            throw counters.failed(Counters.STATES, "Can't use", e);
        } finally {
            reading.unlock();
        }
    }

    /** Opened unless it is. */
    private Opened current(@Nullable Opened opened) throws SQLException, IOException {
        if (opened != null) {
            if (isCurrent(opened)) {
                return opened;
            }
            close(opened);
        }
        file.prepare();
        Connection connection = file.open(this::connect);
        try {
            table.create(connection);
            file.opened();
            return new Opened(connection, file.key());
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
    }

    private Connection connect() throws SQLException, IOException {
        var config = new SQLiteConfig();
        config.setBusyTimeout(BUSY_MILLIS);
        Connection connection = config.createConnection("jdbc:sqlite:" + path);
        try {
            if (Files.notExists(path) || Files.size(path) == 0) {
                execute(connection, "PRAGMA auto_vacuum = INCREMENTAL");
            }
            execute(connection, "PRAGMA journal_mode = WAL");
            execute(connection, "PRAGMA synchronous = FULL");
            execute(connection, "PRAGMA journal_size_limit = " + WAL_BYTES);
            return connection;
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
    }

    /** Gives free pages back to the disk, some at a time. */
    void shrink() {
        writing.lock();
        try {
            if (writer != null) {
                shrink(writer.connection);
            }
        } catch (SQLException e) {
            LOG.debug("queue - not smaller yet", e);
        } finally {
            writing.unlock();
        }
    }

    private static void shrink(Connection connection) throws SQLException {
        try (Statement pragma = connection.createStatement()) {
            int spare = pragma.executeQuery("PRAGMA freelist_count").getInt(1) - SPARE_PAGES;
            if (spare <= 0) {
                return;
            }
            // It gives back a page with each step: only executeUpdate takes them all.
            int pages = Math.min(spare, PAGES_AT_ONCE);
            pragma.executeUpdate("PRAGMA incremental_vacuum(" + pages + ")");
        }
        execute(connection, "PRAGMA wal_checkpoint");
    }

    private boolean isCurrent(Opened opened) {
        return opened.key != null && opened.key.equals(file.key());
    }

    /** What is in a deleted file is gone when it is closed. */
    private void requireCurrent(Opened opened) throws IOException {
        if (!isCurrent(opened)) {
            throw new IOException("the file was deleted while it was written");
        }
    }

    @Override
    public void close() {
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

    private static void close(@Nullable Opened opened) {
        try {
            if (opened != null) {
                opened.connection.close();
            }
        } catch (SQLException e) {
            LOG.warn("queue - the file does not close: {}", e.getMessage());
        }
    }
}
