package io.backpool.app.showcase;

import io.backpool.app.Services;
import io.backpool.exchange.Json;
import io.backpool.exchange.Parameters;
import io.backpool.exchange.Problem;
import io.backpool.service.queue.Message;
import io.backpool.service.queue.MessageStatus;
import io.backpool.service.queue.Queue;
import io.backpool.service.queue.QueueException;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.Headers;
import io.undertow.util.StatusCodes;
import org.jspecify.annotations.Nullable;

/**
 * {@code /messages}: work that is taken now and done soon. Every process handles what any has
 * taken. Safe for all threads.
 */
final class Messages {
    private static final int THREADS = 2;

    private final Queue queue;
    private final Json json;

    /**
     * Handles from now on, also what is left from before this start. Connects in the background.
     */
    Messages(Services services) {
        queue = services.queue();
        json = services.json();
        queue.consume(THREADS, Messages::handle);
    }

    private record Shown(String id, String state, int attempts, @Nullable String result) {}

    void publish(HttpServerExchange exchange) throws Exception {
        byte[] body = exchange.getInputStream().readAllBytes();
        try {
            String id = queue.publish(body);
            exchange.setStatusCode(StatusCodes.ACCEPTED);
            exchange.getResponseHeaders().put(Headers.LOCATION, "/messages/" + id);
            Answers.text(exchange, "Request received");
        } catch (QueueException e) {
            away(exchange);
        }
    }

    void status(HttpServerExchange exchange) {
        try {
            MessageStatus status = queue.find(Parameters.text(exchange, "id"));
            if (status == null) {
                Problem.send(exchange, StatusCodes.NOT_FOUND, "There is no such message");
                return;
            }
            exchange.getResponseHeaders().put(Headers.CACHE_CONTROL, "no-store");
            json.send(
                    exchange,
                    new Shown(
                            status.id(),
                            status.state().text(),
                            status.attempts(),
                            status.result()));
        } catch (QueueException e) {
            away(exchange);
        }
    }

    private static String handle(Message message) {
        return message.body().remaining() + " bytes seen";
    }

    /** The queue has said why in the log. */
    private static void away(HttpServerExchange exchange) {
        exchange.getResponseHeaders().put(Headers.RETRY_AFTER, 1);
        Problem.send(
                exchange, StatusCodes.SERVICE_UNAVAILABLE, "The queue is away, try again later");
    }
}
