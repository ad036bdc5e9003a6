package io.backpool.app.showcase;

import io.backpool.testkit.TestServices;
import java.sql.SQLException;

/** The contract on a SQLite file. */
class UsersOnSqliteIT extends UsersContract {
    @Override
    String databaseUrl() {
        return "jdbc:sqlite:" + directory.resolve("app.db");
    }

    @Override
    String plan(TestServices services) throws SQLException {
        return explain(services, "EXPLAIN QUERY PLAN");
    }

    @Override
    String byKey() {
        return "SEARCH users USING INTEGER PRIMARY KEY (rowid>?)";
    }
}
