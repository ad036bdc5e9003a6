package io.backpool.observe;

import io.backpool.exchange.Refusal;
import io.backpool.exchange.RequestFacts;
import io.undertow.security.api.SecurityContext;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.HeaderMap;
import io.undertow.util.Headers;
import io.undertow.util.HttpString;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * What is kept of a finished request until its line is written: references only, nothing is put
 * into words on the request's thread. Immutable.
 *
 * @param facts null: the request did not come to a member
 * @param begun a {@link System#nanoTime}
 * @param path as the client sent it
 * @param query as the client sent it; empty: none
 * @param protocol that the client spoke: {@code HTTP/1.1} over AJP too
 * @param bytes of the answer's body
 * @param traceparent that the application was given; null: the request ended before, without one
 * @param refusedBy the setting whose limit it met before it began; null: it was not refused
 */
record LogLine(
        @Nullable RequestFacts facts,
        InetSocketAddress client,
        @Nullable String user,
        long begun,
        long nanos,
        HttpString method,
        String path,
        String query,
        HttpString protocol,
        int status,
        long bytes,
        @Nullable String referer,
        @Nullable String userAgent,
        @Nullable String traceparent,
        @Nullable String refusedBy) {
    /** The object itself, its place in a queue, and a client's address. */
    private static final int OWN_WEIGHT = 256;

    static LogLine of(HttpServerExchange exchange, long nanos) {
        HeaderMap headers = exchange.getRequestHeaders();
        return new LogLine(
                RequestFacts.of(exchange),
                exchange.getSourceAddress(),
                user(exchange),
                exchange.getRequestStartTime(),
                nanos,
                exchange.getRequestMethod(),
                exchange.getRequestURI(),
                exchange.getQueryString(),
                exchange.getProtocol(),
                exchange.getStatusCode(),
                exchange.getResponseBytesSent(),
                headers.getFirst(Headers.REFERER),
                headers.getFirst(Headers.USER_AGENT),
                headers.getFirst("traceparent"),
                Refusal.limit(exchange));
    }

    /** Roughly the bytes that it keeps from being collected. */
    int weight() {
        return OWN_WEIGHT
                + path.length()
                + query.length()
                + length(referer)
                + length(userAgent)
                + length(traceparent);
    }

    /** httpd's, over AJP, or the application's own. */
    private static @Nullable String user(HttpServerExchange exchange) {
        String fromHttpd = exchange.getAttachment(HttpServerExchange.REMOTE_USER);
        SecurityContext own = exchange.getSecurityContext();
        return fromHttpd != null || own == null || !own.isAuthenticated()
                ? fromHttpd
                : own.getAuthenticatedAccount().getPrincipal().getName();
    }

    private static int length(@Nullable String text) {
        return text == null ? 0 : text.length();
    }
}
