package io.backpool.service.database;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.HikariPoolMXBean;
import io.backpool.config.ConfigException;
import io.backpool.config.ServiceUrl;
import io.backpool.engine.EngineWatch;
import io.backpool.engine.OpenedFile;
import io.backpool.engine.Reachability;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.sql.Statement;
import java.util.Objects;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteErrorCode;

/**
 * SQLite or PostgreSQL behind HikariCP. Connects when the first connection is asked for. Safe for
 * all threads; connections block, so they are used on the blocking pool.
 *
 * <p>Every statement has an end: it is cancelled after ten seconds, whatever it waits for.
 */
public final class Database implements AutoCloseable {
    private static final String POSTGRES_DUPLICATE = "23505";

    private final ServiceUrl url;
    private final HikariConfig config;
    private final Reachability reachability;
    private final EngineWatch watch;
    private final Migrations migrations;

    /** Null but for SQLite. */
    private final @Nullable OpenedFile file;

    /** Held by the thread that opens the file. */
    private final Object opening = new Object();

    /** Written under this; null until the first use. */
    private volatile @Nullable Watched pool;

    private Database(DatabaseAddress address) {
        this.url = address.url();
        this.config = address.pool();
        this.reachability = new Reachability("database - " + url, "trying again when asked");
        this.migrations = new Migrations(address);
        Path path = address.file();
        this.file = path == null ? null : new OpenedFile(path, reachability);
        this.watch = new EngineWatch("database", this::ask, reachability);
    }

    /**
     * The database at {@code database.url}.
     *
     * @throws ConfigException if no engine has this scheme or it can't read the rest
     */
    public static Database open(ServiceUrl url) {
        return new Database(DatabaseAddress.of(url));
    }

    /** The connections, made when they are asked for. */
    public DataSource dataSource() {
        return pool();
    }

    private Watched pool() {
        Watched made = pool;
        return made == null ? makePool() : made;
    }

    private synchronized Watched makePool() {
        Watched made = pool;
        if (made == null) {
            made = new Watched(config);
            pool = made;
        }
        return made;
    }

    /**
     * Brings the schema to where the scripts {@code V1__what.sql}, {@code V2__...} want it, however
     * long that takes. Any number of processes may do so at the same time: one does, the others
     * wait. A SQLite file that is deleted later gets the same schema again.
     *
     * <p>In the scripts {@code ${identity}} is how the engine spells a primary key that counts by
     * itself.
     *
     * @param folder on the class path of {@code owner}, such as {@code com/example/migration}
     * @throws DatabaseException if the database is away or a script fails
     */
    public void migrate(Class<?> owner, String folder) {
        try {
            dataSource().getConnection().close();
        } catch (SQLException e) {
            throw new DatabaseException(
                    "Cannot prepare the database " + url + ": " + e.getMessage(), e);
        }
        migrations.run(owner, folder);
    }

    /**
     * Connects.
     *
     * @return what is there, for people
     */
    public String connect() throws SQLException {
        if (file != null && !file.exists()) {
            return "SQLite, the file is made at the first use";
        }
        try (Connection connection = dataSource().getConnection()) {
            DatabaseMetaData found = connection.getMetaData();
            return found.getDatabaseProductName() + " " + found.getDatabaseProductVersion();
        }
    }

    /** SQLite's file is there and is the one that is open; made anew if need be. */
    private void openFile(OpenedFile file) throws SQLException {
        if (file.isOpened()) {
            return;
        }
        synchronized (opening) {
            if (file.isOpened()) {
                return;
            }
            try {
                if (file.prepare()) {
                    Objects.requireNonNull(pool).getHikariPoolMXBean().softEvictConnections();
                }
                file.open(this::connectOnce);
                migrations.runAgain();
                file.opened();
            } catch (IOException | DatabaseException e) {
                throw new SQLTransientConnectionException("Cannot open " + file, e);
            }
        }
    }

    /** Makes the file. */
    private boolean connectOnce() throws SQLException {
        try (Connection connection = config.getDataSource().getConnection();
                Statement statement = connection.createStatement()) {
            return statement.execute("PRAGMA schema_version");
        }
    }

    /** Whether a statement failed because a row with that key is there already. */
    public static boolean isDuplicate(SQLException e) {
        return POSTGRES_DUPLICATE.equals(e.getSQLState()) || isSqliteDuplicate(e);
    }

    private static boolean isSqliteDuplicate(SQLException e) {
        return e.getErrorCode() == SQLiteErrorCode.SQLITE_CONSTRAINT.code
                && String.valueOf(e.getMessage()).contains("UNIQUE");
    }

    /** Whether there was a connection when one was last asked for; does not wait for one. */
    public boolean isReachable() {
        return watch.isReachable();
    }

    /** Whether there is a connection; a file that was not used yet is not made. */
    private long ask() throws SQLException {
        if (file == null || file.isUsed()) {
            pool().check();
        }
        return 0;
    }

    public DatabaseStats stats() {
        HikariDataSource opened = pool;
        HikariPoolMXBean now = opened == null ? null : opened.getHikariPoolMXBean();
        return new DatabaseStats(
                url.scheme().substring("jdbc:".length()),
                now == null ? 0 : now.getActiveConnections(),
                now == null ? 0 : now.getIdleConnections(),
                now == null ? 0 : now.getThreadsAwaitingConnection(),
                config.getMaximumPoolSize(),
                isReachable());
    }

    /** The pool, which tells whether it had a connection to give. */
    private final class Watched extends HikariDataSource {
        Watched(HikariConfig config) {
            super(config);
        }

        @Override
        public Connection getConnection() throws SQLException {
            try {
                Connection connection = take();
                reachability.reached();
                return connection;
            } catch (SQLException e) {
                if (!isBusy()) {
                    reachability.failed("connect", e);
                }
                throw e;
            }
        }

        private Connection take() throws SQLException {
            if (file != null) {
                openFile(file);
            }
            return super.getConnection();
        }

        /**
         * For the watch, which says itself how it failed. An outage between two of its questions
         * may have been noticed by a request only: it is over, too.
         */
        void check() throws SQLException {
            try {
                take().close();
                reachability.reached();
            } catch (SQLException e) {
                if (!isBusy()) {
                    throw e;
                }
            }
        }

        /** All connections that there may be are in use, which is no fault of the engine's. */
        private boolean isBusy() {
            return getHikariPoolMXBean().getActiveConnections() >= getMaximumPoolSize();
        }
    }

    @Override
    public void close() {
        watch.close();
        HikariDataSource opened = pool;
        if (opened != null) {
            opened.close();
        }
    }
}
