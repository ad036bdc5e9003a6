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
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Objects;
import java.util.Properties;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.postgresql.ds.PGSimpleDataSource;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteDataSource;
import org.sqlite.SQLiteErrorCode;

/**
 * SQLite or PostgreSQL behind HikariCP. Connects when the first connection is asked for. Safe for
 * all threads; connections block, so they are used on the blocking pool.
 *
 * <p>Every statement has an end: it is cancelled after ten seconds, whatever it waits for.
 */
public final class Database implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final Duration STATEMENT = Duration.ofSeconds(10);
    private static final int POSTGRES_CONNECTIONS = 16;

    /** One writes at a time whatever their number; readers do not wait. */
    private static final int SQLITE_CONNECTIONS = 8;

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

    private Database(ServiceUrl url, HikariConfig config, DataSource unlimited) {
        this.url = url;
        this.config = config;
        this.reachability = new Reachability("database - " + url, "trying again when asked");
        this.migrations = new Migrations(url, unlimited);
        this.file = isSqlite(url) ? new OpenedFile(file(url), reachability) : null;
        this.watch = new EngineWatch("database", this::ask, reachability);
    }

    /**
     * The database at {@code database.url}.
     *
     * @throws ConfigException if no engine has this scheme or it can't read the rest
     */
    public static Database open(ServiceUrl url) {
        return switch (url.scheme()) {
            case "jdbc:sqlite" -> sqlite(url);
            case "jdbc:postgresql" -> postgres(url);
            default -> throw mistake(url);
        };
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
                connectOnce();
                migrations.runAgain();
                file.opened();
            } catch (IOException | DatabaseException e) {
                throw new SQLTransientConnectionException("Cannot open " + file, e);
            }
        }
    }

    /** Makes the file. */
    private void connectOnce() throws SQLException {
        try (Connection connection = config.getDataSource().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA schema_version");
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

    /** Whether there is a connection; a file that nobody has used yet is not made. */
    private long ask() throws SQLException {
        if (file == null || file.isUsed()) {
            pool().check();
        }
        return 0;
    }

    public DatabaseStats stats() {
        HikariDataSource opened = pool;
        String engine = url.scheme().substring("jdbc:".length());
        if (opened == null || opened.getHikariPoolMXBean() == null) {
            return new DatabaseStats(engine, 0, 0, 0, config.getMaximumPoolSize(), isReachable());
        }
        HikariPoolMXBean now = opened.getHikariPoolMXBean();
        return new DatabaseStats(
                engine,
                now.getActiveConnections(),
                now.getIdleConnections(),
                now.getThreadsAwaitingConnection(),
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

        /** For the watch, which says itself how it went. */
        void check() throws SQLException {
            try {
                take().close();
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

    private static Database sqlite(ServiceUrl url) {
        if (url.withoutScheme().isBlank()) {
            throw mistake(url);
        }
        var settings = new SQLiteConfig();
        settings.setJournalMode(SQLiteConfig.JournalMode.WAL);
        settings.setSynchronous(SQLiteConfig.SynchronousMode.NORMAL);
        settings.enforceForeignKeys(true);
        settings.setBusyTimeout(Math.toIntExact(STATEMENT.toMillis()));
        // One that read first and wrote then would fail wherever another wrote meanwhile.
        settings.setTransactionMode(SQLiteConfig.TransactionMode.IMMEDIATE);
        HikariConfig config = config(SQLITE_CONNECTIONS);
        config.setDataSource(new TimedSqlite(settings, url.withSecrets(), STATEMENT));
        var unlimited = new SQLiteDataSource(settings);
        unlimited.setUrl(url.withSecrets());
        return new Database(url, config, unlimited);
    }

    private static Database postgres(ServiceUrl url) {
        // The driver would take a user before the host for part of the host, and print it.
        if (url.withSecrets().matches(".*//[^?]*@.*") || hasUnknownOption(url)) {
            throw mistake(url);
        }
        PGSimpleDataSource unlimited = new PGSimpleDataSource();
        try {
            unlimited.setUrl(url.withSecrets());
        } catch (IllegalArgumentException e) {
            throw mistake(url);
        }
        unlimited.setConnectTimeout(Math.toIntExact(PATIENCE.toSeconds()));
        unlimited.setTcpKeepAlive(true);
        HikariConfig config = config(POSTGRES_CONNECTIONS);
        config.setJdbcUrl(url.withSecrets());
        config.addDataSourceProperty("connectTimeout", Long.toString(PATIENCE.toSeconds()));
        config.addDataSourceProperty(
                "socketTimeout", Long.toString(STATEMENT.plus(PATIENCE).toSeconds()));
        config.addDataSourceProperty("tcpKeepAlive", "true");
        config.addDataSourceProperty("reWriteBatchedInserts", "true");
        config.addDataSourceProperty("ApplicationName", "backpool");
        config.setConnectionInitSql("SET statement_timeout = " + STATEMENT.toMillis());
        return new Database(url, config, unlimited);
    }

    /** The driver would ignore it. */
    private static boolean hasUnknownOption(ServiceUrl url) {
        String[] parts = url.withSecrets().split("\\?", 2);
        return parts.length > 1 && !optionsOf(parts[0]).containsAll(names(parts[1]));
    }

    private static Set<String> optionsOf(String url) {
        try {
            return Stream.of(DriverManager.getDriver(url).getPropertyInfo(url, new Properties()))
                    .map(option -> option.name)
                    .collect(Collectors.toSet());
        } catch (SQLException e) {
            return Set.of();
        }
    }

    private static Set<String> names(String options) {
        return Stream.of(options.split("&"))
                .map(option -> option.replaceFirst("=.*", ""))
                .collect(Collectors.toSet());
    }

    private static HikariConfig config(int connections) {
        var config = new HikariConfig();
        config.setPoolName("database");
        config.setMaximumPoolSize(connections);
        config.setMinimumIdle(0);
        config.setConnectionTimeout(PATIENCE.toMillis());
        config.setValidationTimeout(PATIENCE.toMillis() / 2);
        config.setInitializationFailTimeout(-1);
        return config;
    }

    static boolean isSqlite(ServiceUrl url) {
        return url.scheme().equals("jdbc:sqlite");
    }

    /** SQLite's. */
    static Path file(ServiceUrl url) {
        return Path.of(url.withoutScheme().replaceFirst("\\?.*", ""));
    }

    private static ConfigException mistake(ServiceUrl url) {
        return new ConfigException(
                "database.url: was "
                        + url
                        + ", must be jdbc:sqlite:FILE or"
                        + " jdbc:postgresql://HOST:PORT/DATABASE?user=USER&password=PASSWORD");
    }
}
