package io.backpool.exchange;

import io.undertow.server.HttpServerExchange;
import io.undertow.util.AttachmentKey;
import io.undertow.util.Headers;
import io.undertow.util.StatusCodes;
import org.jspecify.annotations.Nullable;

/**
 * That a member refused a request because it had too many, for the access log: an application's own
 * 503 looks the same to the client.
 */
public final class Refusal {
    private static final AttachmentKey<String> LIMIT = AttachmentKey.create(String.class);

    private static final String RETRY_AFTER_SECONDS = "1";

    private Refusal() {}

    /**
     * The setting whose limit the request met, such as {@code limits.queue-wait}, or {@code
     * path:/upload}; null: none.
     */
    public static @Nullable String limit(HttpServerExchange exchange) {
        return exchange.getAttachment(LIMIT);
    }

    /** Notes it. */
    public static void attach(HttpServerExchange exchange, String limit) {
        exchange.putAttachment(LIMIT, limit);
    }

    /** Answers 503, naming the limit that was noted. */
    public static void answer(HttpServerExchange exchange) {
        exchange.getResponseHeaders().put(Headers.RETRY_AFTER, RETRY_AFTER_SECONDS);
        Problem.send(
                exchange,
                StatusCodes.SERVICE_UNAVAILABLE,
                "more requests than can be served ("
                        + limit(exchange)
                        + "); try again in "
                        + RETRY_AFTER_SECONDS
                        + " s");
    }
}
