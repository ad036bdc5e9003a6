package io.backpool.service.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.backpool.config.ServiceUrl;
import io.backpool.testkit.PostgresServer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The contract on the real PostgreSQL. */
class PostgresDatabaseIT extends DatabaseContract {
    private PostgresServer postgres;

    @BeforeEach
    void start() {
        postgres = PostgresServer.start();
    }

    @AfterEach
    void stop() {
        postgres.close();
    }

    @Override
    String url() {
        return postgres.url();
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
            assertThat(failure(database, "SELECT 1").getMessage()).doesNotContain("s3cret");
            assertThat(database.stats().reachable()).isFalse();
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
