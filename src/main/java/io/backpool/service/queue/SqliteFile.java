package io.backpool.service.queue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteConfig;

/**
 * A SQLite file in WAL mode, which all processes of the host share. A commit is on the disk when it
 * returns. Two connections, each with a lock: one writes, one reads; both are opened at the first
 * use. Safe for all threads.
 */
final class SqliteFile implements AutoCloseable {
    private static final String READ = "tell states";
    private static final int BUSY_MILLIS = 10_000;

    private final Path file;
    private final Counters counters;
    private final ReentrantLock writing = new ReentrantLock();
    private final ReentrantLock reading = new ReentrantLock();

    /** Guarded by {@link #writing}. */
    private @Nullable Connection writer;

    /** Guarded by {@link #reading}. */
    private @Nullable Connection reader;

    SqliteFile(Path file, Counters counters) {
        this.file = file;
        this.counters = counters;
    }

    /** Something to do in a transaction. */
    @FunctionalInterface
    interface Work<T> {
        T in(Connection connection) throws SQLException;
    }

    /** Something to look up. */
    @FunctionalInterface
    interface Question<T> {
        @Nullable T ask(Connection connection) throws SQLException;
    }

    /** Whether there is one, which its first message makes. */
    boolean isThere() {
        return Files.exists(file);
    }

    /**
     * One transaction, all or nothing.
     *
     * @param operation of {@link Counters}, that fails or succeeds with it
     */
    <T> T write(String operation, Work<T> work) {
        writing.lock();
        try {
            Connection connection = writer();
            // By hand: the driver would begin the next transaction, and hold its lock, at once.
            execute(connection, "BEGIN IMMEDIATE");
            try {
                T result = work.in(connection);
                execute(connection, "COMMIT");
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
    <T> @Nullable T read(Question<T> question) {
        reading.lock();
        try {
            T answer = question.ask(reader());
            counters.reachability().reached(READ);
            return answer;
        } catch (SQLException | IOException e) {
            throw counters.failed(READ, "Can't use", e);
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
            for (String statement : MessageTable.SCHEMA) {
                execute(connection, statement);
            }
            return connection;
        } catch (SQLException e) {
            connection.close();
            throw e;
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

    private void close(@Nullable Connection connection) {
        try {
            if (connection != null) {
                connection.close();
            }
        } catch (SQLException e) {
            throw counters.failed(READ, "Can't close", e);
        }
    }
}
