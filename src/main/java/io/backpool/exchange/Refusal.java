package io.backpool.exchange;

import io.undertow.server.HttpServerExchange;
import io.undertow.util.AttachmentKey;
import org.jspecify.annotations.Nullable;

/**
 * That a member refused a request because it had too many, for the access log: an application's own
 * 503 looks the same to the client.
 */
public final class Refusal {
    private static final AttachmentKey<String> LIMIT = AttachmentKey.create(String.class);

    private Refusal() {}

    /** The setting whose limit the request met, such as {@code limits.queue-wait}; null: none. */
    public static @Nullable String limit(HttpServerExchange exchange) {
        return exchange.getAttachment(LIMIT);
    }

    /** Notes it. */
    public static void attach(HttpServerExchange exchange, String limit) {
        exchange.putAttachment(LIMIT, limit);
    }
}
