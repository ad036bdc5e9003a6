package io.backpool.service.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.backpool.config.ServiceUrl;
import io.backpool.testkit.LogLines;
import io.backpool.testkit.PostgresServer;
import io.backpool.testkit.RedisServer;
import io.backpool.testkit.Wire;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The contract on the real PostgreSQL. */
class PostgresDatabaseIT extends DatabaseContract {
    private static final String SLOW_MIGRATION = "io/backpool/service/database/slow";

    private static PostgresServer postgres;

    @BeforeAll
    static void start() {
        postgres = PostgresServer.start();
    }

    @AfterAll
    static void stop() {
        postgres.close();
    }

    @Override
    String url() {
        return postgres.url();
    }

    /** Longer than any statement of a request may take; the lock is another process's meanwhile. */
    @Test
    void aMigrationTakesAsLongAsItTakesAndOthersWait() throws Exception {
        // Its own, since other tests have applied another first migration.
        String own = url().replace("/postgres?", "/slow?");
        try (Connection any = DriverManager.getConnection(url());
                var create = any.createStatement()) {
            create.execute("CREATE DATABASE slow");
        }
        try (Database database = Database.open(new ServiceUrl(own));
                LogLines log = LogLines.of(Migrations.class);
                Connection other = DriverManager.getConnection(own);
                var statement = other.createStatement()) {
            statement.execute(Migrations.TRY_LOCK);
            var done =
                    CompletableFuture.runAsync(
                            () -> database.migrate(DatabaseContract.class, SLOW_MIGRATION));
            await().until(() -> log.lines().size() == 1);
            assertThat(log.lines().get(0)).contains("prepared by another process: waiting for it");
            other.close();
            done.get(2, TimeUnit.MINUTES);
            execute(database, "SELECT * FROM slow_one");
            assertThat(log.lines()).hasSize(1);
        }
    }

    @Test
    void aStatementThatTakesTooLongIsCancelled() throws Exception {
        try (Database database = open();
                var connection = database.dataSource().getConnection();
                var statement = connection.createStatement()) {
            var row = statement.executeQuery("SHOW statement_timeout");
            assertThat(row.next()).isTrue();
            assertThat(row.getString(1)).isEqualTo("10s");
        }
    }

    @Test
    void killedAndRestartedItIsUsedAgain() throws Exception {
        try (Database database = open()) {
            execute(database, "SELECT 1");
            postgres.kill();
            // The first may break with its connection, the next finds no other.
            failure(database, "SELECT 1");
            assertThat(failure(database, "SELECT 1").getMessage()).doesNotContain("s3cret");
            assertThat(database.isReachable()).isFalse();
            postgres.restart();
            await().ignoreExceptions()
                    .until(
                            () -> {
                                execute(database, "SELECT 1");
                                return true;
                            });
            assertThat(database.stats().reachable()).isTrue();
        }
    }

    /** The watch, which begins with the first question, finds it well. */
    @Test
    void anOutageThatOnlyARequestSawIsOverWhenItIsBack() throws Exception {
        try (Database database = open()) {
            execute(database, "SELECT 1");
            postgres.kill();
            failure(database, "SELECT 1");
            failure(database, "SELECT 1");
            postgres.restart();
            assertThat(database.isReachable()).isFalse();
            await().until(database::isReachable);
        }
    }

    @Test
    void heldBackItTurnsEveryoneAwayInTimeAndServesThemAfter() throws Exception {
        try (Wire wire = Wire.to(postgres.port());
                Database database = Database.open(new ServiceUrl(wire.through(url())))) {
            wire.hold();
            assertAllAreTurnedAway(database);
            wire.release();
            awaitServed(database);
            wire.hold();
            assertAllAreTurnedAway(database);
            wire.release();
            awaitServed(database);
            assertThat(database.isReachable()).isTrue();
        }
    }

    private static void assertAllAreTurnedAway(Database database) throws Exception {
        var threads = Executors.newFixedThreadPool(20);
        try {
            List<Future<SQLException>> all = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                all.add(threads.submit(() -> failure(database, "SELECT 1")));
            }
            for (Future<SQLException> one : all) {
                assertThat((Throwable) one.get(60, TimeUnit.SECONDS)).isNotNull();
            }
        } finally {
            threads.shutdownNow();
        }
        assertThat(database.isReachable()).isFalse();
    }

    private static void awaitServed(Database database) {
        await().atMost(Duration.ofSeconds(30))
                .ignoreExceptions()
                .until(
                        () -> {
                            execute(database, "SELECT 1");
                            return true;
                        });
    }

    @Test
    void oneThatTakesNoMoreConnectionsIsSaidAndUsedAgain() throws Exception {
        List<Connection> taken = new ArrayList<>();
        try (Database database = open()) {
            assertThatThrownBy(
                            () -> {
                                while (taken.size() <= PostgresServer.MAX_CONNECTIONS) {
                                    taken.add(DriverManager.getConnection(url()));
                                }
                            })
                    .hasMessageContaining("too many clients");
            assertThat((Throwable) failure(database, "SELECT 1"))
                    .hasRootCauseInstanceOf(SQLException.class)
                    .hasStackTraceContaining("too many clients");
            assertThat(database.isReachable()).isFalse();
            for (Connection one : taken) {
                one.close();
            }
            awaitServed(database);
            assertThat(database.isReachable()).isTrue();
        }
    }

    @Test
    void aServerOfAnotherKindIsSaidInTime(@TempDir Path directory) throws Exception {
        try (RedisServer redis = RedisServer.start(directory);
                Database database =
                        Database.open(
                                new ServiceUrl(
                                        url().replace(
                                                        ":" + postgres.port(),
                                                        ":" + redis.port())))) {
            assertAllAreTurnedAway(database);
        }
    }

    @Test
    void aWrongPasswordIsSaidAndNotShown() {
        try (Database database = Database.open(new ServiceUrl(postgres.url("t0psecret")))) {
            assertThatThrownBy(() -> database.migrate(DatabaseContract.class, MIGRATION))
                    .isInstanceOf(DatabaseException.class)
                    .hasMessageContaining("password=***")
                    .hasStackTraceContaining("password authentication failed")
                    .satisfies(e -> assertThat(stack(e)).doesNotContain("t0psecret"));
            assertThat(database.stats().reachable()).isFalse();
        }
    }

    private static String stack(Throwable e) {
        var text = new java.io.StringWriter();
        e.printStackTrace(new java.io.PrintWriter(text));
        return text.toString();
    }
}
