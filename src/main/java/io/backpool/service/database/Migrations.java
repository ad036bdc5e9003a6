package io.backpool.service.database;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The scripts that make a database's tables. One process runs them, the others wait; each takes as
 * long as it takes. Safe for all threads.
 */
final class Migrations {
    private static final Logger LOG = LoggerFactory.getLogger(Migrations.class);

    /** Of PostgreSQL's advisory locks, as long as the connection that has it. */
    static final String TRY_LOCK = "SELECT pg_try_advisory_lock(7017280452245743464)";

    private static final long LOOK_AGAIN_MILLIS = 500;

    /** Processes exclude each other by a file's lock, which a process can't hold twice. */
    private static final Object MIGRATING = new Object();

    private final DatabaseAddress database;

    /** Owners by their folders, in the order of their first run. Guarded by MIGRATING. */
    private final Map<String, Class<?>> known = new LinkedHashMap<>();

    Migrations(DatabaseAddress database) {
        this.database = database;
    }

    void run(Class<?> owner, String folder) {
        synchronized (MIGRATING) {
            runLocked(Map.of(folder, owner));
            known.put(folder, owner);
        }
    }

    /** All of them, in a database that may be a new one. */
    void runAgain() {
        synchronized (MIGRATING) {
            if (!known.isEmpty()) {
                runLocked(known);
            }
        }
    }

    private void runLocked(Map<String, Class<?>> scripts) {
        try (AutoCloseable lock = lock()) {
            scripts.forEach((folder, owner) -> migrate(owner, folder));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw failed(e);
        } catch (Exception e) {
            throw failed(e);
        }
    }

    private void migrate(Class<?> owner, String folder) throws FlywayException {
        Flyway.configure(owner.getClassLoader())
                .dataSource(database.unlimited())
                .locations("classpath:" + folder)
                .placeholders(Map.of("identity", identity()))
                // Others have tables there too, such as the queue its messages' states.
                .baselineOnMigrate(true)
                .baselineVersion("0")
                .load()
                .migrate();
    }

    private AutoCloseable lock() throws IOException, SQLException, InterruptedException {
        Path file = database.file();
        return file == null ? lockPostgres() : lockFile(file);
    }

    /** SQLite has no lock that Flyway could hold over several transactions. */
    private FileChannel lockFile(Path file) throws IOException {
        FileChannel channel =
                FileChannel.open(
                        Path.of(file + ".migration"),
                        StandardOpenOption.CREATE,
                        StandardOpenOption.WRITE);
        if (channel.tryLock() == null) {
            sayThatWeWait();
            channel.lock();
        }
        return channel;
    }

    /** Asks again and again: a statement that waits would hold up scripts that build an index. */
    private Connection lockPostgres() throws SQLException, InterruptedException {
        Connection connection = database.unlimited().getConnection();
        try (var statement = connection.createStatement()) {
            for (boolean waited = false; ; waited = true) {
                var row = statement.executeQuery(TRY_LOCK);
                if (row.next() && row.getBoolean(1)) {
                    return connection;
                }
                if (!waited) {
                    sayThatWeWait();
                }
                Thread.sleep(LOOK_AGAIN_MILLIS);
            }
        } catch (SQLException | InterruptedException e) {
            connection.close();
            throw e;
        }
    }

    private void sayThatWeWait() {
        LOG.info(
                "database - {} is being prepared by another process: waiting for it",
                database.url());
    }

    private String identity() {
        return database.file() != null
                ? "INTEGER PRIMARY KEY AUTOINCREMENT"
                : "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY";
    }

    private DatabaseException failed(Exception e) {
        return new DatabaseException(
                "Cannot prepare the database " + database.url() + ": " + e.getMessage(), e);
    }
}
