package io.backpool.exchange;

import io.undertow.server.HttpServerExchange;
import io.undertow.util.AttachmentKey;
import org.jspecify.annotations.Nullable;

/**
 * What the member found out about a request before the application saw it. One per exchange, set
 * once by the member's handler chain; immutable.
 *
 * @param route of the member that answers, such as {@code m1}
 * @param requestId names this request in logs and answers
 */
public record RequestFacts(String route, String requestId) {
    private static final AttachmentKey<RequestFacts> KEY = AttachmentKey.create(RequestFacts.class);

    /**
     * The facts of an exchange.
     *
     * @param exchange of a request
     * @return null outside a member, as in the admin listener
     */
    public static @Nullable RequestFacts of(HttpServerExchange exchange) {
        return exchange.getAttachment(KEY);
    }

    /**
     * Attaches these facts.
     *
     * @param exchange of the request that they are of
     */
    public void attachTo(HttpServerExchange exchange) {
        exchange.putAttachment(KEY, this);
    }

    /**
     * The protocol that the request reached this server by: {@code HTTP/1.1}, {@code HTTP/2.0} or
     * {@code AJP/1.3}. Over AJP {@link HttpServerExchange#getProtocol} is what the client spoke to
     * httpd.
     *
     * @param exchange of a request
     * @return the protocol
     */
    public static String protocol(HttpServerExchange exchange) {
        return "ajp".equals(exchange.getConnection().getTransportProtocol())
                ? "AJP/1.3"
                : exchange.getProtocol().toString();
    }
}
