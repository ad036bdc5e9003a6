package io.backpool.app;

import io.undertow.server.HttpHandler;

/**
 * What a developer puts behind httpd. Has a public constructor without parameters; found by {@code
 * app.class}, or by {@code META-INF/services/io.backpool.app.Application} in {@code app.jar}.
 *
 * <p>A process starts it once, however many members it has, and closes it once.
 */
public interface Application extends AutoCloseable {
    /**
     * Starts the application, before any listener is open.
     *
     * @param services what the pool offers
     * @return answers every request but {@code /health/*}; called on an event loop, so it must not
     *     block: what blocks is wrapped by {@link Services#blocking}
     * @throws Exception if it can't start; the pool then stops, saying why
     */
    HttpHandler start(Services services) throws Exception;

    /**
     * Called once, after the last request is answered; not called if {@link #start} threw.
     *
     * @throws Exception is logged; the pool ends all the same
     */
    @Override
    default void close() throws Exception {}
}
