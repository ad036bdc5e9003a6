package io.backpool.observe;

import io.backpool.config.Sha256;
import io.backpool.exchange.Problem;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.handlers.sse.ServerSentEventConnection;
import io.undertow.server.handlers.sse.ServerSentEventConnection.EventCallback;
import io.undertow.server.handlers.sse.ServerSentEventHandler;
import io.undertow.util.Headers;
import io.undertow.util.HttpString;
import io.undertow.util.StatusCodes;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Objects;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.xnio.IoUtils;

/**
 * The page at {@code /status}, one file that loads nothing else, and the stream of Server-Sent
 * Events that keeps it up to date, one a second. While no page is open it does nothing. Runs on the
 * threads of the admin listener.
 */
final class StatusPage implements AutoCloseable {
    static final int MAX_STREAMS = 16;

    private static final int PERIOD_MILLIS = 1000;

    private static final HttpString CONTENT_SECURITY_POLICY =
            new HttpString("Content-Security-Policy");

    private final String html = resource();

    /** Nothing but what stands in the page itself, and whom it came from. */
    private final String policy =
            "default-src 'none'; connect-src 'self'; img-src data:; style-src '%s'; script-src '%s';"
                            .formatted(hash("style"), hash("script"))
                    + " base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private final Supplier<String> status;

    private final ServerSentEventHandler streams =
            new ServerSentEventHandler((connection, lastEventId) -> opened(connection));

    /** Its thread begins with the first who looks. */
    private final ScheduledExecutorService clock =
            Executors.newSingleThreadScheduledExecutor(
                    task -> {
                        var thread = new Thread(task, "status-page");
                        thread.setDaemon(true);
                        return thread;
                    });

    /** Shows what {@code status} says, a JSON document on one line. */
    StatusPage(Supplier<String> status) {
        this.status = status;
    }

    /** {@code GET /status}. */
    void page(HttpServerExchange exchange) {
        exchange.getResponseHeaders()
                .put(Headers.CONTENT_TYPE, "text/html; charset=utf-8")
                .put(Headers.CACHE_CONTROL, "no-cache")
                .put(CONTENT_SECURITY_POLICY, policy)
                .put(Headers.X_CONTENT_TYPE_OPTIONS, "nosniff")
                .put(Headers.REFERRER_POLICY, "no-referrer");
        exchange.getResponseSender().send(html);
    }

    /** {@code GET /status/events}. */
    void stream(HttpServerExchange exchange) throws Exception {
        if (streams.getConnections().size() >= MAX_STREAMS) {
            Problem.send(
                    exchange,
                    StatusCodes.SERVICE_UNAVAILABLE,
                    MAX_STREAMS + " status pages are open; close one");
            return;
        }
        exchange.getResponseHeaders().put(Headers.CACHE_CONTROL, "no-store");
        streams.handleRequest(exchange);
    }

    private void opened(ServerSentEventConnection connection) {
        var free = new AtomicBoolean(true);
        Future<?> pushing =
                clock.scheduleAtFixedRate(
                        () -> push(connection, free), 0, PERIOD_MILLIS, TimeUnit.MILLISECONDS);
        connection.addCloseTask(closed -> pushing.cancel(false));
    }

    /** Leaves out clients that have not taken the event before: no client's events pile up. */
    private void push(ServerSentEventConnection connection, AtomicBoolean free) {
        if (free.compareAndSet(true, false)) {
            connection.send(status.get(), new Sent(free));
        }
    }

    @Override
    public void close() {
        clock.shutdownNow();
        streams.getConnections().forEach(IoUtils::safeClose);
    }

    private static String resource() {
        try (InputStream in = StatusPage.class.getResourceAsStream("status.html")) {
            return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** As a Content-Security-Policy names what stands between the tags (CSP Level 3, 8.4). */
    private String hash(String tag) {
        int begin = html.indexOf("<" + tag + ">") + tag.length() + 2;
        byte[] text =
                html.substring(begin, html.indexOf("</" + tag + ">"))
                        .getBytes(StandardCharsets.UTF_8);
        return "sha256-" + Base64.getEncoder().encodeToString(Sha256.start().digest(text));
    }

    /** Says when one event was taken. */
    private record Sent(AtomicBoolean free) implements EventCallback {
        @Override
        public void done(
                ServerSentEventConnection connection, String data, String event, String id) {
            free.set(true);
        }

        @Override
        public void failed(
                ServerSentEventConnection connection,
                String data,
                String event,
                String id,
                IOException e) {
            IoUtils.safeClose(connection);
        }
    }
}
