package io.backpool.observe;

import io.backpool.config.ServicesConfig;
import io.backpool.service.database.Database;
import io.backpool.service.queue.DeadMessage;
import io.backpool.service.queue.PoolQueue;
import io.backpool.service.queue.QueueException;
import io.undertow.server.HttpServerExchange;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The messages that the queue gave up, for {@code /queue/*} of the admin listener. Opens the queue
 * for itself when it is first asked: a supervisor has none. Its methods block.
 */
final class DeadMessages implements AutoCloseable {
    private static final int MOST = 1_000;

    private final ServicesConfig config;

    /** Guarded by this, like all below. */
    private @Nullable PoolQueue queue;

    private @Nullable Database database;

    DeadMessages(ServicesConfig config) {
        this.config = config;
    }

    /** What {@code GET /queue/dead} says, the latest first. */
    record Listed(List<DeadMessage> messages) {}

    /** {@code ?limit=}, 1 to 1000; absent: 100. */
    Listed list(HttpServerExchange exchange) throws ControlException {
        String text = AdminQuery.first(exchange, "limit");
        int limit = text == null ? 100 : text.matches("[0-9]{1,4}") ? Integer.parseInt(text) : 0;
        if (limit < 1 || limit > MOST) {
            throw ControlError.BAD_VALUE.of(
                    "limit", String.valueOf(text), "a whole number from 1 to " + MOST);
        }
        try {
            return new Listed(opened().dead(limit));
        } catch (QueueException e) {
            throw away(e);
        }
    }

    Object retry(HttpServerExchange exchange) throws ControlException {
        return change(exchange, opened()::retry, "queued");
    }

    Object drop(HttpServerExchange exchange) throws ControlException {
        return change(exchange, opened()::drop, "dropped");
    }

    private static Object change(
            HttpServerExchange exchange, Predicate<String> change, String outcome)
            throws ControlException {
        String id = AdminQuery.first(exchange, "id");
        if (id == null || id.isEmpty()) {
            throw ControlError.BAD_VALUE.of("id", "missing", "the id of a dead message");
        }
        try {
            if (change.test(id)) {
                return Map.of("id", id, "state", outcome);
            }
        } catch (QueueException e) {
            throw away(e);
        }
        throw ControlError.NO_SUCH_MESSAGE.of(id);
    }

    private static ControlException away(QueueException failure) {
        return ControlError.QUEUE_AWAY.of(String.valueOf(failure.getMessage()));
    }

    private synchronized PoolQueue opened() {
        if (queue == null) {
            queue = PoolQueue.open(config.queue(), () -> openedDatabase().dataSource());
        }
        return queue;
    }

    private synchronized Database openedDatabase() {
        if (database == null) {
            database = Database.open(config.database());
        }
        return database;
    }

    @Override
    public synchronized void close() {
        if (queue != null) {
            queue.close();
        }
        if (database != null) {
            database.close();
        }
    }
}
