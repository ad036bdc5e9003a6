package io.backpool.service.database;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.HikariPoolMXBean;
import io.backpool.config.ConfigException;
import io.backpool.config.ServiceUrl;
import io.backpool.engine.Reachability;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteConfig;
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

    /** Processes exclude each other by a file's lock, which a process can't hold twice. */
    private static final Object MIGRATING = new Object();

    private final ServiceUrl url;
    private final HikariConfig config;
    private final Reachability reachability;

    /** Guarded by this; null until the first use. */
    private @Nullable HikariDataSource pool;

    private Database(ServiceUrl url, HikariConfig config) {
        this.url = url;
        this.config = config;
        this.reachability = new Reachability("database - " + url, "trying again when asked");
    }

    /**
     * The database at {@code database.url}.
     *
     * @throws ConfigException if no engine has this scheme or it can't read the rest
     */
    public static Database open(ServiceUrl url) {
        return switch (url.scheme()) {
            case "jdbc:sqlite" -> new Database(url, sqlite(url));
            case "jdbc:postgresql" -> new Database(url, postgres(url));
            default -> throw mistake(url);
        };
    }

    /** The connections, made at the first call. */
    public synchronized DataSource dataSource() {
        if (pool == null) {
            makeFolder();
            pool = new Watched(config);
        }
        return pool;
    }

    /**
     * Brings the schema to where the scripts {@code V1__what.sql}, {@code V2__...} want it. Any
     * number of processes may do so at the same time.
     *
     * <p>In the scripts {@code ${identity}} is how the engine spells a primary key that counts by
     * itself.
     *
     * @param folder on the class path of {@code owner}, such as {@code com/example/migration}
     * @throws DatabaseException if the database is away or a script fails
     */
    public void migrate(Class<?> owner, String folder) {
        synchronized (MIGRATING) {
            migrateAlone(owner, folder);
        }
    }

    private void migrateAlone(Class<?> owner, String folder) {
        DataSource source = dataSource();
        try (FileChannel lock = lock()) {
            Flyway.configure(owner.getClassLoader())
                    .dataSource(source)
                    .locations("classpath:" + folder)
                    .placeholders(Map.of("identity", identity()))
                    // Others have tables there too, such as the queue its messages' states.
                    .baselineOnMigrate(true)
                    .baselineVersion("0")
                    .load()
                    .migrate();
        } catch (FlywayException | IOException e) {
            throw new DatabaseException(
                    "Cannot prepare the database " + url + ": " + e.getMessage(), e);
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

    /** Whether there was a connection when one was last asked for; asks for none. */
    public boolean isReachable() {
        return reachability.isReachable();
    }

    public DatabaseStats stats() {
        HikariDataSource opened = opened();
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
                Connection connection = super.getConnection();
                reachability.reached();
                return connection;
            } catch (SQLException e) {
                // Else all that there may be are busy, which is no fault of the engine's.
                if (getHikariPoolMXBean().getActiveConnections() < getMaximumPoolSize()) {
                    reachability.failed("connect", e);
                }
                throw e;
            }
        }
    }

    @Override
    public void close() {
        HikariDataSource opened = opened();
        if (opened != null) {
            opened.close();
        }
    }

    private synchronized @Nullable HikariDataSource opened() {
        return pool;
    }

    private static HikariConfig sqlite(ServiceUrl url) {
        if (url.withoutScheme().isBlank()) {
            throw mistake(url);
        }
        var settings = new SQLiteConfig();
        settings.setJournalMode(SQLiteConfig.JournalMode.WAL);
        settings.setSynchronous(SQLiteConfig.SynchronousMode.NORMAL);
        settings.enforceForeignKeys(true);
        settings.setBusyTimeout(Math.toIntExact(STATEMENT.toMillis()));
        HikariConfig config = config(SQLITE_CONNECTIONS);
        config.setDataSource(new TimedSqlite(settings, url.withSecrets(), STATEMENT));
        return config;
    }

    private static HikariConfig postgres(ServiceUrl url) {
        // The driver would take a user before the host for part of the host, and print it.
        if (!url.toString().equals(url.withSecrets())
                && url.withSecrets().matches(".*//[^?]*@.*")) {
            throw mistake(url);
        }
        HikariConfig config = config(POSTGRES_CONNECTIONS);
        config.setJdbcUrl(url.withSecrets());
        config.addDataSourceProperty("connectTimeout", Long.toString(PATIENCE.toSeconds()));
        config.addDataSourceProperty(
                "socketTimeout", Long.toString(STATEMENT.plus(PATIENCE).toSeconds()));
        config.addDataSourceProperty("tcpKeepAlive", "true");
        config.addDataSourceProperty("reWriteBatchedInserts", "true");
        config.addDataSourceProperty("ApplicationName", "backpool");
        config.setConnectionInitSql("SET statement_timeout = " + STATEMENT.toMillis());
        return config;
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

    private String identity() {
        return url.scheme().equals("jdbc:sqlite")
                ? "INTEGER PRIMARY KEY AUTOINCREMENT"
                : "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY";
    }

    /** SQLite has no lock that Flyway could hold over several transactions. */
    private @Nullable FileChannel lock() throws IOException {
        if (!url.scheme().equals("jdbc:sqlite")) {
            return null;
        }
        FileChannel channel =
                FileChannel.open(
                        Path.of(file() + ".migration"),
                        StandardOpenOption.CREATE,
                        StandardOpenOption.WRITE);
        channel.lock();
        return channel;
    }

    private void makeFolder() {
        if (!url.scheme().equals("jdbc:sqlite")) {
            return;
        }
        Path folder = file().toAbsolutePath().getParent();
        if (folder == null) {
            return;
        }
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new DatabaseException("Cannot make the folder " + folder, e);
        }
    }

    /** SQLite's. */
    private Path file() {
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
