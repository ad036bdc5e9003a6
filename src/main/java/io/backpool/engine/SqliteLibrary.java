package io.backpool.engine;

import java.sql.SQLException;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteJDBCLoader;

/**
 * SQLite's native library, which its driver unpacks into the folder for temporary files and runs
 * from there. The driver's own failure names no folder, and its next attempt ends in an {@code
 * Error}. Safe for all threads.
 */
final class SqliteLibrary {
    private static @Nullable String failure;

    private SqliteLibrary() {}

    /**
     * Loads it unless it is.
     *
     * @throws SQLException if it can't be, now or before: names the folder
     */
    static synchronized void load() throws SQLException {
        if (failure != null) {
            throw new SQLException(failure);
        }
        try {
            SQLiteJDBCLoader.initialize();
        } catch (Exception e) {
            SQLException named = notLoaded(e);
            failure = named.getMessage();
            throw named;
        }
    }

    /** The driver's failure is not the cause: people are told the innermost one. */
    static SQLException notLoaded(Exception drivers) {
        var named =
                new SQLException(
                        "SQLite's library can't be loaded from "
                                + System.getProperty("java.io.tmpdir")
                                + " (full, or mounted noexec?): start Java with"
                                + " -Djava.io.tmpdir=FOLDER");
        named.addSuppressed(drivers);
        return named;
    }
}
