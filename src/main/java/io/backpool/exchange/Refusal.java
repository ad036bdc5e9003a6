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

    private static final long RETRY_AFTER_SECONDS = 1;

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
        String why = "more requests than can be served (" + limit(exchange) + ")";
        answer(exchange, why, RETRY_AFTER_SECONDS);
    }

    /** Answers 503, for this reason; it may be well to try again in so many seconds. */
    public static void answer(HttpServerExchange exchange, String why, long seconds) {
        exchange.getResponseHeaders().put(Headers.RETRY_AFTER, seconds);
        Problem.send(
                exchange,
                StatusCodes.SERVICE_UNAVAILABLE,
                why + "; try again in " + seconds + " s");
    }
}
