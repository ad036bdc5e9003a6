package io.backpool.server;

import io.backpool.config.SessionsConfig;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.session.InMemorySessionManager;
import io.undertow.server.session.Session;
import io.undertow.server.session.SessionConfig;
import io.undertow.server.session.SessionManager;

/**
 * The sessions that all members of a process share. An application asks for one by Undertow's
 * {@code Sessions.getOrCreateSession(exchange)}; a request that does not ask pays for none. Safe
 * for all threads.
 */
final class Sessions implements AutoCloseable {
    /** Beyond this the oldest go, so that a flood of new clients can't fill the heap. */
    static final int MAX_SESSIONS = 100_000;

    private final SessionManager manager;

    /** Of this JVM. */
    Sessions(SessionsConfig config) {
        this(config, new InMemorySessionManager("backpool", MAX_SESSIONS, true));
    }

    /** Wherever {@code manager} keeps them; stopped with this. */
    Sessions(SessionsConfig config, SessionManager manager) {
        this.manager = manager;
        manager.setDefaultSessionTimeout(
                Math.toIntExact(config.timeout().plusMillis(999).toSeconds()));
        manager.start();
    }

    /** Makes the sessions known to the application that is about to see this exchange. */
    void attachTo(HttpServerExchange exchange, StickyCookie cookie) {
        exchange.putAttachment(SessionManager.ATTACHMENT_KEY, manager);
        exchange.putAttachment(SessionConfig.ATTACHMENT_KEY, cookie);
    }

    SessionManager manager() {
        return manager;
    }

    /**
     * Whether a session may go on under this id. Those in another process have to be waited for,
     * and are looked up once, by their manager, which makes no session under a client's id.
     */
    boolean mayBe(String id) {
        return manager.isDistributed() || manager.getSession(id) != null;
    }

    /** Whether there is a session of this id, wherever it lies: this may wait. */
    boolean has(String id, HttpServerExchange exchange) {
        // The manager itself refuses what would wait in an event loop.
        return exchange.isInIoThread() ? mayBe(id) : manager.getSession(id) != null;
    }

    /** A session's idle time begins when the request that used it ends. */
    void completed(HttpServerExchange exchange) {
        String used = exchange.getAttachment(StickyCookie.USED);
        if (used == null || manager.isDistributed()) {
            return; // a distributed one watches its exchanges itself
        }
        Session session = manager.getSession(used);
        if (session != null) {
            session.requestDone(exchange);
        }
    }

    @Override
    public void close() {
        manager.stop();
    }
}
