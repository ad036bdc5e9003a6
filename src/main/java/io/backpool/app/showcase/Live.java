package io.backpool.app.showcase;

import io.backpool.app.Services;
import io.backpool.exchange.Problem;
import io.undertow.server.Connectors;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.handlers.sse.ServerSentEventConnection;
import io.undertow.server.handlers.sse.ServerSentEventHandler;
import io.undertow.util.AttachmentKey;
import io.undertow.util.Headers;
import io.undertow.util.Methods;
import io.undertow.util.StatusCodes;
import io.undertow.websockets.WebSocketProtocolHandshakeHandler;
import io.undertow.websockets.core.AbstractReceiveListener;
import io.undertow.websockets.core.BufferedBinaryMessage;
import io.undertow.websockets.core.BufferedTextMessage;
import io.undertow.websockets.core.CloseMessage;
import io.undertow.websockets.core.WebSocketCallback;
import io.undertow.websockets.core.WebSocketChannel;
import io.undertow.websockets.core.WebSockets;
import io.undertow.websockets.spi.WebSocketHttpExchange;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.xnio.IoUtils;
import org.xnio.XnioExecutor;
import org.xnio.XnioIoThread;

/** Answers that stay open: events and a WebSocket. Each lives on its connection's event loop. */
final class Live {
    private static final AttachmentKey<HttpServerExchange> ITSELF =
            AttachmentKey.create(HttpServerExchange.class);

    private static final long MAX_MESSAGE = 1024 * 1024;

    private Live() {}

    /** An event a second, numbered; a client that comes back goes on after its last one. */
    static HttpHandler events(Services services) {
        return exchange -> {
            exchange.getResponseHeaders().put(Headers.CACHE_CONTROL, "no-store");
            if (exchange.getRequestMethod().equals(Methods.HEAD)) {
                exchange.getResponseHeaders()
                        .put(Headers.CONTENT_TYPE, "text/event-stream; charset=UTF-8");
                exchange.endExchange();
            } else {
                new ServerSentEventHandler(
                                (events, last) -> {
                                    services.onDrain(exchange, events::shutdown);
                                    tick(exchange, events, last);
                                })
                        .handleRequest(exchange);
            }
        };
    }

    /** What comes in goes back, text as text and binary as binary. */
    static HttpHandler webSocket(Services services) {
        var handshake =
                new WebSocketProtocolHandshakeHandler(
                        (WebSocketHttpExchange exchange, WebSocketChannel channel) -> {
                            services.keepOpen(channel);
                            channel.getReceiveSetter().set(new EchoListener());
                            channel.resumeReceives();
                            services.onDrain(exchange.getAttachment(ITSELF), () -> leave(channel));
                        },
                        Live::wantsUpgrade);
        return exchange -> {
            exchange.putAttachment(ITSELF, exchange);
            handshake.handleRequest(exchange);
        };
    }

    /** The client is to connect again, and comes to another member. */
    private static void leave(WebSocketChannel channel) {
        WebSockets.sendClose(
                new CloseMessage(CloseMessage.GOING_AWAY, "the server is drained"), channel, null);
    }

    private static void wantsUpgrade(HttpServerExchange exchange) {
        exchange.getResponseHeaders()
                .put(Headers.UPGRADE, "websocket")
                .put(Headers.CONNECTION, "Upgrade");
        Problem.send(
                exchange,
                StatusCodes.UPGRADE_REQUIRED,
                "Only a WebSocket handshake is answered here");
    }

    private static void tick(
            HttpServerExchange exchange,
            ServerSentEventConnection connection,
            @Nullable String lastEventId) {
        var ticker = new Ticker(exchange, connection, lastEventId);
        XnioExecutor.Key timer =
                XnioIoThread.requireCurrentThread().executeAtInterval(ticker, 1, TimeUnit.SECONDS);
        connection.addCloseTask(closed -> timer.remove());
        ticker.run();
    }

    /** Counts and sends. On the connection's event loop only. */
    private static final class Ticker implements Runnable {
        private final HttpServerExchange exchange;
        private final ServerSentEventConnection connection;
        private long last;

        Ticker(
                HttpServerExchange exchange,
                ServerSentEventConnection connection,
                @Nullable String lastEventId) {
            this.exchange = exchange;
            this.connection = connection;
            this.last =
                    lastEventId != null && lastEventId.matches("[0-9]{1,18}")
                            ? Long.parseLong(lastEventId)
                            : 0;
        }

        @Override
        public void run() {
            if (!exchange.getConnection().isOpen()) {
                // Over h2c a request whose end was not read stays open when its client is lost.
                Connectors.terminateRequest(exchange);
                return;
            }
            last++;
            connection.send(Instant.now().toString(), null, Long.toString(last), null);
        }
    }

    /** One per WebSocket. Receives nothing more until the answer is gone: no queue can grow. */
    private static final class EchoListener extends AbstractReceiveListener {
        @Override
        protected void onFullTextMessage(WebSocketChannel channel, BufferedTextMessage message) {
            channel.suspendReceives();
            WebSockets.sendText(message.getData(), channel, new ReceiveAgain());
        }

        @Override
        protected void onFullBinaryMessage(
                WebSocketChannel channel, BufferedBinaryMessage message) {
            channel.suspendReceives();
            try (var data = message.getData()) {
                WebSockets.sendBinary(
                        WebSockets.mergeBuffers(data.getResource()), channel, new ReceiveAgain());
            }
        }

        @Override
        protected long getMaxTextBufferSize() {
            return MAX_MESSAGE;
        }

        @Override
        protected long getMaxBinaryBufferSize() {
            return MAX_MESSAGE;
        }
    }

    private record ReceiveAgain() implements WebSocketCallback<Void> {
        @Override
        public void complete(WebSocketChannel channel, @Nullable Void nothing) {
            channel.resumeReceives();
        }

        @Override
        public void onError(WebSocketChannel channel, @Nullable Void nothing, Throwable failure) {
            IoUtils.safeClose(channel);
        }
    }
}
