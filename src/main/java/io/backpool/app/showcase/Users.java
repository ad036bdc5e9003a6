package io.backpool.app.showcase;

import io.backpool.app.Services;
import io.backpool.engine.OpenedOnce;
import io.backpool.service.database.Database;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.sql.Types;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** The table {@code users}, made at the first use. Safe for all threads; blocks. */
final class Users {
    private static final String MIGRATION = "io/backpool/app/showcase/migration";

    /** By key: the page after any id costs the same, however many come before. */
    static final String PAGE =
            "SELECT id, name, email, version FROM users WHERE id > ? ORDER BY id LIMIT ?";

    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final Services services;

    /** The database, the table made, by a thread of its own: that may take as long as it takes. */
    private final OpenedOnce<CompletableFuture<DataSource>, RuntimeException> ready =
            new OpenedOnce<>(this::prepare);

    Users(Services services) {
        this.services = services;
    }

    /**
     * A row.
     *
     * @param version counts its changes
     */
    record User(long id, String name, String email, int version) {}

    /** Somebody has this email already. */
    static final class DuplicateException extends Exception {
        private static final long serialVersionUID = 1;

        DuplicateException(Throwable cause) {
            super(cause);
        }
    }

    List<User> after(long id, int limit) throws SQLException {
        try (Connection connection = connect();
                PreparedStatement select = connection.prepareStatement(PAGE)) {
            select.setLong(1, id);
            select.setInt(2, limit);
            ResultSet rows = select.executeQuery();
            List<User> page = new ArrayList<>();
            while (rows.next()) {
                page.add(user(rows));
            }
            return page;
        }
    }

    @Nullable User find(long id) throws SQLException {
        try (Connection connection = connect();
                PreparedStatement select =
                        connection.prepareStatement(
                                "SELECT id, name, email, version FROM users WHERE id = ?")) {
            select.setLong(1, id);
            ResultSet row = select.executeQuery();
            return row.next() ? user(row) : null;
        }
    }

    User add(String name, String email) throws SQLException, DuplicateException {
        try (Connection connection = connect();
                PreparedStatement insert =
                        connection.prepareStatement(
                                """
                                INSERT INTO users (name, email) VALUES (?, ?)
                                RETURNING id, name, email, version
                                """)) {
            insert.setString(1, name);
            insert.setString(2, email);
            return user(first(insert.executeQuery()));
        } catch (SQLException e) {
            throw duplicateOr(e);
        }
    }

    /**
     * Changes a row.
     *
     * @param version the only one that is changed; null: whichever there is
     * @return null if it has another version by now, or is gone
     */
    @Nullable User change(long id, @Nullable Integer version, String name, String email)
            throws SQLException, DuplicateException {
        try (Connection connection = connect();
                PreparedStatement update =
                        connection.prepareStatement(
                                """
                                UPDATE users SET name = ?, email = ?, version = version + 1
                                 WHERE id = ? AND version = COALESCE(?, version)
                                RETURNING id, name, email, version
                                """)) {
            update.setString(1, name);
            update.setString(2, email);
            update.setLong(3, id);
            update.setObject(4, version, Types.INTEGER);
            ResultSet row = update.executeQuery();
            return row.next() ? user(row) : null;
        } catch (SQLException e) {
            throw duplicateOr(e);
        }
    }

    /** Returns whether there was one. */
    boolean remove(long id) throws SQLException {
        try (Connection connection = connect();
                PreparedStatement delete =
                        connection.prepareStatement("DELETE FROM users WHERE id = ?")) {
            delete.setLong(1, id);
            return delete.executeUpdate() > 0;
        }
    }

    private Connection connect() throws SQLException {
        CompletableFuture<DataSource> prepared = ready.get();
        try {
            return prepared.get(PATIENCE.toSeconds(), TimeUnit.SECONDS).getConnection();
        } catch (ExecutionException e) {
            ready.drop(prepared);
            throw new SQLTransientConnectionException("The database is not prepared", e);
        } catch (TimeoutException e) {
            throw new SQLTransientConnectionException("The database is being prepared", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SQLTransientConnectionException(e);
        }
    }

    private CompletableFuture<DataSource> prepare() {
        var prepared = new CompletableFuture<DataSource>();
        var thread =
                new Thread(
                        () -> {
                            try {
                                services.migrate(Users.class, MIGRATION);
                                prepared.complete(services.dataSource());
                            } catch (Throwable t) {
                                prepared.completeExceptionally(t);
                            }
                        },
                        "users-migration");
        thread.setDaemon(true);
        thread.start();
        return prepared;
    }

    private static SQLException duplicateOr(SQLException e) throws DuplicateException {
        if (Database.isDuplicate(e)) {
            throw new DuplicateException(e);
        }
        return e;
    }

    private static ResultSet first(ResultSet rows) throws SQLException {
        if (!rows.next()) {
            throw new SQLException("INSERT returned no row");
        }
        return rows;
    }

    private static User user(ResultSet row) throws SQLException {
        return new User(row.getLong(1), row.getString(2), row.getString(3), row.getInt(4));
    }
}
