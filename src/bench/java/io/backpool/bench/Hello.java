package io.backpool.bench;

import io.backpool.app.Application;
import io.backpool.app.Services;
import io.undertow.Handlers;
import io.undertow.connector.PooledByteBuffer;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.handlers.BlockingHandler;
import io.undertow.util.Headers;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.xnio.channels.StreamSourceChannel;

/**
 * The same handlers for raw Undertow and for Backpool, where the showcase has none: any difference
 * is then the server's. Safe for all threads.
 */
public final class Hello implements Application {
    private static final ByteBuffer HELLO = direct("Hello, World!".getBytes(StandardCharsets.UTF_8));
    private static final ByteBuffer KIB_64 = direct(new byte[64 << 10]);

    @Override
    public HttpHandler start(Services services) {
        return routes(services.blocking(Hello::hello));
    }

    /** With Undertow's own hand-over to its threads. */
    static HttpHandler raw() {
        return routes(new BlockingHandler(Hello::hello));
    }

    private static HttpHandler routes(HttpHandler blocking) {
        return Handlers.path()
                .addExactPath("/", Hello::hello)
                .addExactPath("/blocking", blocking)
                .addExactPath("/64k", Hello::kib64)
                .addExactPath("/upload", Hello::upload);
    }

    static void hello(HttpServerExchange exchange) {
        exchange.getResponseHeaders().put(Headers.CONTENT_TYPE, "text/plain");
        exchange.getResponseSender().send(HELLO.duplicate());
    }

    private static void kib64(HttpServerExchange exchange) {
        exchange.getResponseHeaders().put(Headers.CONTENT_TYPE, "application/octet-stream");
        exchange.getResponseSender().send(KIB_64.duplicate());
    }

    /** Reads the body to its end and says how long it was, without blocking. */
    private static void upload(HttpServerExchange exchange) {
        read(exchange, exchange.getRequestChannel(), 0);
    }

    private static void read(
            HttpServerExchange exchange, StreamSourceChannel body, long before) {
        try (PooledByteBuffer pooled = exchange.getConnection().getByteBufferPool().allocate()) {
            ByteBuffer buffer = pooled.getBuffer();
            long total = before;
            int count;
            while ((count = body.read(buffer)) > 0) {
                total += count;
                buffer.clear();
            }
            if (count < 0) {
                exchange.getResponseSender().send(Long.toString(total));
                return;
            }
            long soFar = total;
            body.getReadSetter().set(ready -> read(exchange, ready, soFar));
            body.resumeReads();
        } catch (IOException e) {
            exchange.endExchange();
        }
    }

    private static ByteBuffer direct(byte[] bytes) {
        return ByteBuffer.allocateDirect(bytes.length).put(bytes).flip().asReadOnlyBuffer();
    }
}
