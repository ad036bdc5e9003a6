package io.backpool.app;

import io.undertow.server.HttpHandler;
import org.jspecify.annotations.Nullable;

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
     * What {@link Services#config} will be asked for. {@code check}, and {@code restart} before any
     * member leaves, then find mistakes in the application's own settings; else its start does.
     *
     * @return a record; null: it has no settings, or does not say
     */
    default @Nullable Class<?> configType() {
        return null;
    }

    /**
     * Called once, after the last request is answered; not called if {@link #start} threw. The
     * process ends without it when it takes longer than {@code pool.drain-timeout}.
     *
     * @throws Exception is logged; the pool ends all the same
     */
    @Override
    default void close() throws Exception {}
}
