package io.backpool.service.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.backpool.config.ConfigException;
import io.backpool.config.ServiceUrl;
import io.backpool.engine.Reachability;
import io.backpool.testkit.LogLines;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTimeoutException;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sqlite.SQLiteConfig;

/** The contract on a SQLite file. */
class SqliteDatabaseTest extends DatabaseContract {
    @TempDir Path directory;

    @Override
    String url() {
        return "jdbc:sqlite:" + directory.resolve("new/app.db");
    }

    @Test
    void thereIsNoFileBeforeTheFirstUse() throws Exception {
        try (Database database = open()) {
            assertThat(database.stats().reachable()).isTrue();
            assertThat(Files.exists(directory.resolve("new"))).isFalse();
            execute(database, "SELECT 1");
            assertThat(Files.exists(directory.resolve("new/app.db"))).isTrue();
        }
    }

    @Test
    void aStatementThatTakesTooLongEndsAndItsConnectionGoesOn() throws Exception {
        String endless =
                """
                WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)
                SELECT count(*) FROM n
                """;
        var source =
                new TimedSqlite(
                        new SQLiteConfig(),
                        "jdbc:sqlite:" + directory.resolve("timed.db"),
                        Duration.ofMillis(200));
        try (Connection connection = source.getConnection();
                var prepared = connection.prepareStatement(endless);
                var plain = connection.createStatement()) {
            assertThatThrownBy(prepared::executeQuery)
                    .isInstanceOf(SQLTimeoutException.class)
                    .hasMessageContaining("took longer than");
            assertThatThrownBy(() -> plain.executeQuery(endless))
                    .isInstanceOf(SQLTimeoutException.class);
            assertThat(plain.executeQuery("SELECT 7").getInt(1)).isEqualTo(7);
        }
    }

    @Test
    void aFullOneRefusesAndKeepsWhatItHas() throws Exception {
        try (Database database = Database.open(new ServiceUrl(url() + "?max_page_count=20"))) {
            execute(database, "CREATE TABLE t (x BLOB)");
            execute(database, "INSERT INTO t VALUES (zeroblob(1000))");
            SQLException full = failure(database, "INSERT INTO t VALUES (zeroblob(100000))");
            assertThat((Throwable) full).hasMessageContaining("full");
            execute(database, "SELECT x FROM t");
            execute(database, "DELETE FROM t");
            execute(database, "INSERT INTO t VALUES (zeroblob(10000))");
            assertThat(database.isReachable()).isTrue();
        }
    }

    @Test
    void aFileThatIsNoDatabaseIsSaidAndLeftAsItIs() throws Exception {
        Path file = Files.createDirectories(directory.resolve("new")).resolve("app.db");
        String text = "what somebody wrote. ".repeat(100);
        Files.writeString(file, text);
        try (Database database = open()) {
            assertThat((Throwable) failure(database, "SELECT 1"))
                    .hasStackTraceContaining("file is not a database");
            assertThat(database.isReachable()).isFalse();
        }
        assertThat(file).hasContent(text);
    }

    @Test
    void aFileThatIsDeletedIsMadeAgainAndTheLossIsSaidOnce() throws Exception {
        try (Database database = open();
                LogLines log = LogLines.of(Reachability.class)) {
            database.migrate(DatabaseContract.class, MIGRATION);
            execute(database, "INSERT INTO thing (id, name) VALUES (1, 'one')");
            Files.move(directory.resolve("new"), directory.resolve("gone"));
            execute(database, "INSERT INTO thing (id, name) VALUES (1, 'again')");
            execute(database, "INSERT INTO thing (id, name) VALUES (2, 'two')");
            assertThat(database.isReachable()).isFalse();
            assertThat(log.lines())
                    .singleElement()
                    .asString()
                    .contains("new/app.db was deleted or replaced while it was open");
        }
    }

    @Test
    void aUrlThatNoEngineKnowsIsAMistakeWithoutItsPassword() {
        for (String wrong :
                new String[] {
                    "jdbc:sqlite:",
                    "jdbc:mysql://h/d?user=u&password=s3cret",
                    "postgresql://u:s3cret@h/d",
                    "jdbc:postgresql://u:s3cret@h/d"
                }) {
            assertThatThrownBy(() -> Database.open(new ServiceUrl(wrong)))
                    .isInstanceOf(ConfigException.class)
                    .hasMessageContaining("must be jdbc:sqlite:FILE or")
                    .hasMessageNotContaining("s3cret");
        }
    }
}
