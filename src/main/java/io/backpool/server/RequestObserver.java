package io.backpool.server;

import io.undertow.server.HttpServerExchange;

/** Gets every finished request. Called by I/O and worker threads: must not block. */
public interface RequestObserver {
    /**
     * A request is over: answered, or its connection is gone.
     *
     * @param exchange complete; may only be read
     * @param nanos since the first byte of its head was parsed
     */
    default void completed(HttpServerExchange exchange, long nanos) {}

    /** Tells {@code next} too, even if this one fails. */
    default RequestObserver andThen(RequestObserver next) {
        RequestObserver first = this;
        return new RequestObserver() {
            @Override
            public void completed(HttpServerExchange exchange, long nanos) {
                try {
                    first.completed(exchange, nanos);
                } finally {
                    next.completed(exchange, nanos);
                }
            }
        };
    }
}
