package io.backpool.app;

import io.undertow.server.HttpHandler;

/** What the pool offers an {@link Application}. Safe for use by all threads. */
public interface Services {
    /**
     * Runs {@code handler} where it may block: on a virtual thread or on the bounded pool, as
     * {@code pool.blocking} says. Blocking I/O on the exchange is allowed there.
     */
    HttpHandler blocking(HttpHandler handler);
}
