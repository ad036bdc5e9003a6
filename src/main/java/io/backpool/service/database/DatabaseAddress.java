package io.backpool.service.database;

import com.zaxxer.hikari.HikariConfig;
import io.backpool.config.ConfigException;
import io.backpool.config.ServiceUrl;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Properties;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.postgresql.ds.PGSimpleDataSource;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteDataSource;

/**
 * Where the database is, and how its drivers are set.
 *
 * @param pool of connections whose statements end
 * @param unlimited connections whose statements may take as long as they take
 * @param file SQLite's; null for PostgreSQL
 */
record DatabaseAddress(
        ServiceUrl url, HikariConfig pool, DataSource unlimited, @Nullable Path file) {
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final Duration STATEMENT = Duration.ofSeconds(10);
    private static final int POSTGRES_CONNECTIONS = 16;

    /** One writes at a time whatever their number; readers do not wait. */
    private static final int SQLITE_CONNECTIONS = 8;

    /**
     * Reads {@code database.url}.
     *
     * @throws ConfigException if no engine has this scheme or it can't read the rest
     */
    static DatabaseAddress of(ServiceUrl url) {
        return switch (url.scheme()) {
            case "jdbc:sqlite" -> sqlite(url);
            case "jdbc:postgresql" -> postgres(url);
            default -> throw mistake(url);
        };
    }

    private static DatabaseAddress sqlite(ServiceUrl url) {
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
        Path file = Path.of(url.withoutScheme().replaceFirst("\\?.*", ""));
        return new DatabaseAddress(url, config, unlimited, file);
    }

    private static DatabaseAddress postgres(ServiceUrl url) {
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
        return new DatabaseAddress(url, config, unlimited, null);
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

    private static ConfigException mistake(ServiceUrl url) {
        return new ConfigException(
                "database.url: was "
                        + url
                        + ", must be jdbc:sqlite:FILE or"
                        + " jdbc:postgresql://HOST:PORT/DATABASE?user=USER&password=PASSWORD");
    }
}
