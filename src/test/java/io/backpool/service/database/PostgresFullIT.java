package io.backpool.service.database;

import static io.backpool.service.database.DatabaseContract.execute;
import static io.backpool.service.database.DatabaseContract.failure;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.backpool.config.ServiceUrl;
import io.backpool.testkit.PostgresServer;
import io.backpool.testkit.SmallDisk;
import java.sql.SQLException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** The real PostgreSQL on a disk that is full, of which it has two kinds. */
class PostgresFullIT {
    private static final String DISK_FULL = "53100";
    private static final String KEPT = "INSERT INTO t VALUES ('kept')";
    private static final String MUCH =
            "INSERT INTO t SELECT repeat('x', 5000) || i FROM generate_series(1, 1000) i";

    @Test
    void whereItsTablesAreOnlyWhatIsWrittenFails() throws Exception {
        try (SmallDisk disk = SmallDisk.mount();
                PostgresServer postgres = PostgresServer.startWithTablesOn(disk);
                Database database = Database.open(new ServiceUrl(postgres.url()))) {
            prepare(database);
            disk.fill();
            for (int i = 0; i < 3; i++) {
                SQLException refused = failure(database, MUCH);
                assertThat(refused.getSQLState()).isEqualTo(DISK_FULL);
                assertThat((Throwable) refused).hasMessageContaining("No space left on device");
                assertThat(count(database)).isEqualTo(1);
                assertThat(database.isReachable()).isTrue();
            }
            disk.free();
            execute(database, MUCH);
            assertThat(count(database)).isEqualTo(1001);
        }
    }

    /** It ends then, and takes nothing until it has been started with room. */
    @Test
    void whereItsLogIsItIsAwayAndHasWhatItConfirmed() throws Exception {
        try (SmallDisk disk = SmallDisk.mount();
                PostgresServer postgres = PostgresServer.startWithLogOn(disk);
                Database database = Database.open(new ServiceUrl(postgres.url()))) {
            prepare(database);
            disk.fill();
            int confirmed = 1;
            while (takes(database)) {
                confirmed++;
            }
            await().atMost(Duration.ofMinutes(1)).until(() -> !postgres.process().isAlive());
            assertThat(failure(database, KEPT).getMessage()).doesNotContain("s3cret");
            assertThat(database.isReachable()).isFalse();
            disk.free();
            postgres.restart();
            await().atMost(Duration.ofSeconds(30)).until(database::isReachable);
            // The last one may be there though it was not confirmed.
            assertThat(count(database)).isBetween(confirmed, confirmed + 1);
            execute(database, MUCH);
        }
    }

    private static void prepare(Database database) throws SQLException {
        execute(database, "CREATE TABLE t (x TEXT)");
        // Compressed, it would take no room.
        execute(database, "ALTER TABLE t ALTER x SET STORAGE EXTERNAL");
        execute(database, KEPT);
    }

    private static boolean takes(Database database) {
        try {
            execute(database, "INSERT INTO t VALUES (repeat('x', 100000))");
            return true;
        } catch (SQLException e) {
            return false;
        }
    }

    private static int count(Database database) throws SQLException {
        try (var connection = database.dataSource().getConnection();
                var statement = connection.createStatement();
                var row = statement.executeQuery("SELECT count(*) FROM t")) {
            row.next();
            return row.getInt(1);
        }
    }
}
