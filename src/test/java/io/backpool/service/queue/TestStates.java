package io.backpool.service.queue;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.nio.file.Path;

/** The database of messages' states in a SQLite file that several processes share. */
final class TestStates {
    private TestStates() {}

    static HikariDataSource open(Path file) {
        var config = new HikariConfig();
        config.setJdbcUrl(
                "jdbc:sqlite:" + file + "?journal_mode=WAL&synchronous=NORMAL&busy_timeout=20000");
        config.setMaximumPoolSize(4);
        return new HikariDataSource(config);
    }
}
