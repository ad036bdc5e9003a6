package io.backpool.app;

import io.backpool.service.cache.Cache;
import io.backpool.service.queue.Queue;
import io.undertow.server.HttpHandler;
import io.undertow.server.session.SessionManager;
import io.undertow.websockets.core.WebSocketChannel;
import javax.sql.DataSource;

/**
 * What the pool offers an {@link Application}. Safe for use by all threads. The services block:
 * they are for handlers that {@link #blocking} wraps, and cost nothing until they are asked for.
 */
public interface Services {
    /**
     * Runs {@code handler} where it may block: on a virtual thread or on the bounded pool, as
     * {@code pool.blocking} says. Blocking I/O on the exchange is allowed there.
     */
    HttpHandler blocking(HttpHandler handler);

    /**
     * Pings the client of a WebSocket while it is open: httpd ends one that is silent for {@code
     * limits.request-timeout}.
     */
    void keepOpen(WebSocketChannel channel);

    /** The cache at {@code cache.url}. Opened at the first call, like all services below. */
    Cache cache();

    /** The queue at {@code queue.url}. */
    Queue queue();

    /** Connections to the database at {@code database.url}. */
    DataSource dataSource();

    /**
     * Brings the database's schema to where the scripts {@code V1__what.sql}, {@code V2__...} want
     * it; {@code ${identity}} in them is how the engine spells a primary key that counts by itself.
     * Any number of processes may do so at the same time.
     *
     * @param owner whose class loader has the scripts
     * @param folder where, such as {@code com/example/migration}
     */
    void migrate(Class<?> owner, String folder);

    /**
     * The sessions at {@code sessions.url}, which all members share; Undertow's {@code
     * Sessions.getOrCreateSession(exchange)} finds them too. While Redis is away they throw {@code
     * SessionException}.
     */
    SessionManager sessions();
}
