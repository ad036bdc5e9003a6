package io.backpool.app.showcase;

import io.backpool.testkit.PostgresServer;
import io.backpool.testkit.TestServices;
import java.sql.SQLException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** The contract on the real PostgreSQL; each test gets its own. */
class UsersOnPostgresIT extends UsersContract {
    private PostgresServer postgres;

    @Override
    @BeforeEach
    void open() {
        postgres = PostgresServer.start();
        super.open();
    }

    @Override
    @AfterEach
    void close() {
        super.close();
        postgres.close();
    }

    @Override
    String forUpdate() {
        return "FOR UPDATE";
    }

    @Override
    String databaseUrl() {
        return postgres.url();
    }

    @Override
    String plan(TestServices services) throws SQLException {
        try (var connection = services.dataSource().getConnection();
                var statement = connection.createStatement()) {
            statement.execute("ANALYZE users");
        }
        return explain(services, "EXPLAIN");
    }

    @Override
    String byKey() {
        return "Index Scan using users_pkey";
    }
}
