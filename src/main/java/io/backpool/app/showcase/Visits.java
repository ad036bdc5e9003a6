package io.backpool.app.showcase;

import io.backpool.exchange.Problem;
import io.backpool.exchange.RequestFacts;
import io.backpool.service.session.SessionException;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.session.Session;
import io.undertow.util.Headers;
import io.undertow.util.Sessions;
import io.undertow.util.StatusCodes;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/**
 * {@code /session}: how often this client was here, whichever member answers. Runs where it may
 * block: sessions may lie in another process. Safe for all threads.
 */
final class Visits implements HttpHandler {
    private static final String COUNT = "count";

    private final JsonMapper json = new JsonMapper();

    record Visit(String id, int count, @Nullable String route) {}

    @Override
    public void handleRequest(HttpServerExchange exchange) {
        try {
            count(exchange);
        } catch (SessionException e) {
            exchange.getResponseHeaders().put(Headers.RETRY_AFTER, 1);
            Problem.send(
                    exchange,
                    StatusCodes.SERVICE_UNAVAILABLE,
                    "The sessions are away, yours is not lost; try again later");
        }
    }

    private void count(HttpServerExchange exchange) {
        Session session = Sessions.getOrCreateSession(exchange);
        int count;
        synchronized (session) {
            Integer before = (Integer) session.getAttribute(COUNT);
            count = before == null ? 1 : before + 1;
            session.setAttribute(COUNT, count);
        }
        RequestFacts facts = RequestFacts.of(exchange);
        var visit = new Visit(session.getId(), count, facts == null ? null : facts.route());
        exchange.getResponseHeaders()
                .put(Headers.CONTENT_TYPE, "application/json")
                .put(Headers.CACHE_CONTROL, "no-store");
        exchange.getResponseSender().send(ByteBuffer.wrap(json.writeValueAsBytes(visit)));
    }
}
