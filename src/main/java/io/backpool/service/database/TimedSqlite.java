package io.backpool.service.database;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.SQLTimeoutException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.sqlite.ProgressHandler;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteDataSource;
import org.sqlite.SQLiteErrorCode;

/**
 * SQLite whose statements end, for which it has no setting (JDBC's query timeout is how long its
 * driver waits for a lock): while it works, it asks us now and then whether to go on. A statement's
 * time includes the reading of its rows. Safe for all threads; a connection is one thread's.
 */
final class TimedSqlite extends SQLiteDataSource {
    /** Instructions of its machine from one question to the next: some milliseconds. */
    private static final int BETWEEN_QUESTIONS = 100_000;

    private final Duration limit;

    TimedSqlite(SQLiteConfig settings, String url, Duration limit) {
        super(settings);
        setUrl(url);
        this.limit = limit;
    }

    @Override
    public Connection getConnection() throws SQLException {
        Connection connection = getConnection(null, null);
        var timer = new Timer(limit);
        ProgressHandler.setHandler(connection, BETWEEN_QUESTIONS, timer);
        return timer.watch(Connection.class, connection);
    }

    /** Of one connection: begins anew with each call to it or to one of its statements. */
    private static final class Timer extends ProgressHandler {
        private final Duration limit;
        private volatile long begun = System.nanoTime();

        Timer(Duration limit) {
            this.limit = limit;
        }

        @Override
        protected int progress() {
            return System.nanoTime() - begun > limit.toNanos() ? 1 : 0;
        }

        <T> T watch(Class<T> type, T target) {
            return type.cast(
                    Proxy.newProxyInstance(
                            TimedSqlite.class.getClassLoader(),
                            new Class<?>[] {type},
                            (proxy, method, arguments) -> call(target, method, arguments)));
        }

        private @Nullable Object call(
                Object target, Method method, @Nullable Object @Nullable [] arguments)
                throws Throwable {
            begun = System.nanoTime();
            try {
                Object result = method.invoke(target, arguments);
                if (target instanceof Connection && result instanceof PreparedStatement made) {
                    return watch(PreparedStatement.class, made);
                }
                if (target instanceof Connection && result instanceof Statement made) {
                    return watch(Statement.class, made);
                }
                return result;
            } catch (InvocationTargetException e) {
                throw ended(Objects.requireNonNull(e.getCause()));
            }
        }

        private Throwable ended(Throwable failure) {
            return failure instanceof SQLException e
                            && e.getErrorCode() == SQLiteErrorCode.SQLITE_INTERRUPT.code
                    ? new SQLTimeoutException(
                            "A statement took longer than " + limit.toSeconds() + " s", e)
                    : failure;
        }
    }
}
