package io.backpool.app.showcase;

import io.backpool.exchange.Parameters;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.Headers;
import io.undertow.util.HttpString;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Small answers, given at once on the event loop; stateless. */
final class Answers {
    private static final String HELLO_WORLD = "Hello, World!";
    private static final String HELLO_WORLD_LENGTH = Integer.toString(HELLO_WORLD.length());

    /** Direct, so that it goes to the socket without a copy; each answer takes a duplicate. */
    private static final ByteBuffer HELLO_WORLD_BYTES =
            ByteBuffer.allocateDirect(HELLO_WORLD.length())
                    .put(HELLO_WORLD.getBytes(StandardCharsets.US_ASCII))
                    .flip()
                    .asReadOnlyBuffer();

    private static final HttpString X_FILL = HttpString.tryFromString("X-Fill");

    /** What httpd takes from AJP at most, with room left for the other headers. */
    private static final int MAX_FILL = 60_000;

    private Answers() {}

    static void helloWorld(HttpServerExchange exchange) {
        exchange.getResponseHeaders()
                .put(Headers.CONTENT_TYPE, "text/plain")
                .put(Headers.CONTENT_LENGTH, HELLO_WORLD_LENGTH);
        exchange.getResponseSender().send(HELLO_WORLD_BYTES.duplicate());
    }

    static void hello(HttpServerExchange exchange) {
        text(exchange, "Hello, " + Parameters.text(exchange, "name"));
    }

    static void header(HttpServerExchange exchange) {
        int length = (int) Parameters.number(exchange, "n", 0, MAX_FILL);
        exchange.getResponseHeaders().put(X_FILL, "x".repeat(length));
        text(exchange, "X-Fill has " + length + " bytes\n");
    }

    /** An error gets its body from the member, as any application's does. */
    static void status(HttpServerExchange exchange) {
        exchange.setStatusCode((int) Parameters.number(exchange, "code", 200, 599)).endExchange();
    }

    static void text(HttpServerExchange exchange, String text) {
        exchange.getResponseHeaders().put(Headers.CONTENT_TYPE, "text/plain; charset=utf-8");
        exchange.getResponseSender().send(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
    }
}
