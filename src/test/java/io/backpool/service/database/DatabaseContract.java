package io.backpool.service.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.backpool.config.ServiceUrl;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** What every engine of the database promises. */
abstract class DatabaseContract {
    static final String MIGRATION = "io/backpool/service/database/migration";

    abstract String url();

    @Test
    void anyNumberOfProcessesPrepareItAtTheSameTime() throws Exception {
        var threads = Executors.newFixedThreadPool(4);
        try {
            List<Future<?>> all = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                all.add(threads.submit(this::migrate));
            }
            for (Future<?> one : all) {
                one.get();
            }
        } finally {
            threads.shutdownNow();
        }
        migrate();
    }

    @Test
    void whoHasATableThereAlreadyIsNotInTheWay() throws Exception {
        try (Database database = open()) {
            execute(database, "CREATE TABLE IF NOT EXISTS someone_elses (id INTEGER)");
        }
        migrate();
    }

    @Test
    void aDuplicateIsToldFromOtherMistakes() throws Exception {
        try (Database database = open()) {
            database.migrate(DatabaseContract.class, MIGRATION);
            execute(database, "INSERT INTO thing (id, name) VALUES (1, 'one')");
            for (String again : List.of("(1, 'other')", "(2, 'one')")) {
                assertThat(
                                Database.isDuplicate(
                                        failure(
                                                database,
                                                "INSERT INTO thing (id, name) VALUES " + again)))
                        .isTrue();
            }
            assertThat(
                            Database.isDuplicate(
                                    failure(
                                            database,
                                            "INSERT INTO thing (id, name) VALUES (3, NULL)")))
                    .isFalse();
            assertThat(database.stats().reachable()).isTrue();
            assertThat(database.stats().active()).isZero();
        }
    }

    Database open() {
        return Database.open(new ServiceUrl(url()));
    }

    private void migrate() {
        try (Database database = open()) {
            database.migrate(DatabaseContract.class, MIGRATION);
        }
    }

    static void execute(Database database, String sql) throws SQLException {
        try (var connection = database.dataSource().getConnection();
                var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    static SQLException failure(Database database, String sql) {
        return catchThrowableOfType(SQLException.class, () -> execute(database, sql));
    }
}
