package io.backpool.app.showcase;

import io.backpool.exchange.Parameters;
import io.undertow.io.IoCallback;
import io.undertow.io.Sender;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.Headers;
import io.undertow.util.Methods;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** Bodies of a wanted size: all at once without blocking, or chunk by chunk in time. */
final class Bodies {
    private static final int MAX_BYTES = 100_000_000;
    private static final int MAX_CHUNKS = 10_000;

    /** Shared by all answers, each of which takes duplicates: no body is ever built on the heap. */
    private static final ByteBuffer PATTERN = pattern(64 * 1024);

    private Bodies() {}

    /** {@code 0123456789abcdef}, again and again. */
    static void bytes(HttpServerExchange exchange) {
        int length = (int) Parameters.number(exchange, "n", 0, MAX_BYTES);
        exchange.getResponseHeaders().put(Headers.CONTENT_TYPE, "application/octet-stream");
        exchange.setResponseContentLength(length);
        if (length == 0 || isHead(exchange)) {
            exchange.endExchange();
        } else {
            new PatternSender(length).onComplete(exchange, exchange.getResponseSender());
        }
    }

    /** Each chunk is on its way before the next one is waited for. Blocks. */
    static void stream(HttpServerExchange exchange) throws IOException, InterruptedException {
        int chunks = (int) Parameters.number(exchange, "n", 1, MAX_CHUNKS);
        Duration every =
                Parameters.queryDuration(
                        exchange,
                        "every",
                        Duration.ofMillis(100),
                        Duration.ofMillis(1),
                        Duration.ofSeconds(10));
        exchange.getResponseHeaders().put(Headers.CONTENT_TYPE, "text/plain; charset=utf-8");
        if (isHead(exchange)) {
            exchange.endExchange();
            return;
        }
        OutputStream body = exchange.getOutputStream();
        for (int chunk = 1; chunk <= chunks; chunk++) {
            if (chunk > 1) {
                Thread.sleep(every.toMillis());
            }
            String line = "chunk " + chunk + " of " + chunks + "\n";
            body.write(line.getBytes(StandardCharsets.US_ASCII));
            body.flush();
        }
    }

    private static boolean isHead(HttpServerExchange exchange) {
        return exchange.getRequestMethod().equals(Methods.HEAD);
    }

    private static ByteBuffer pattern(int size) {
        ByteBuffer buffer = ByteBuffer.allocateDirect(size);
        byte[] digits = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);
        while (buffer.hasRemaining()) {
            buffer.put(digits);
        }
        return buffer.flip().asReadOnlyBuffer();
    }

    /** Sends the next piece when the last one is gone. One per exchange, on its event loop. */
    private static final class PatternSender implements IoCallback {
        private int left;

        PatternSender(int length) {
            this.left = length;
        }

        @Override
        public void onComplete(HttpServerExchange exchange, Sender sender) {
            int size = Math.min(left, PATTERN.capacity());
            left -= size;
            sender.send(
                    PATTERN.duplicate().limit(size), left == 0 ? IoCallback.END_EXCHANGE : this);
        }

        @Override
        public void onException(HttpServerExchange exchange, Sender sender, IOException e) {
            IoCallback.END_EXCHANGE.onException(exchange, sender, e);
        }
    }
}
