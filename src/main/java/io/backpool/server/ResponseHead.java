package io.backpool.server;

import io.backpool.exchange.FieldText;
import io.undertow.server.Connectors;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.handlers.Cookie;
import io.undertow.server.protocol.http.HttpAttachments;
import io.undertow.util.HeaderMap;
import io.undertow.util.HeaderValues;
import io.undertow.util.Headers;
import io.undertow.util.Methods;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What an application may not answer, looked at before the first byte is sent. Stateless. */
final class ResponseHead {
    private ResponseHead() {}

    /** What is wrong with the head of this answer; null: nothing. Names no value of a header. */
    static @Nullable String fault(HttpServerExchange exchange) {
        if (exchange.getStatusCode() < 200 && !isUpgrade(exchange)) {
            return "the application set the status " + exchange.getStatusCode();
        }
        if (!isValue(exchange.getReasonPhrase())) {
            return "the application's reason phrase holds a control character";
        }
        HeaderMap headers = exchange.getResponseHeaders();
        String fault = fault(headers);
        if (fault != null) {
            return fault;
        }
        HeaderValues lengths = headers.get(Headers.CONTENT_LENGTH);
        if (lengths != null && (lengths.size() > 1 || !RequestHead.isDigits(lengths.getFirst()))) {
            return "the application's Content-Length is not one number";
        }
        for (Cookie cookie : exchange.responseCookies()) {
            if (!isValue(cookie.getName())
                    || !isValue(cookie.getValue())
                    || !isValue(cookie.getPath())
                    || !isValue(cookie.getDomain())) {
                return "an application's cookie holds a control character";
            }
        }
        return null;
    }

    /** Not a 101 that the application set by hand (RFC 9110, 15.2.2). */
    private static boolean isUpgrade(HttpServerExchange exchange) {
        return exchange.isUpgrade()
                && isHttp1(exchange)
                && exchange.getResponseHeaders().contains(Headers.UPGRADE);
    }

    /** What is wrong with these headers or trailers; null: nothing. */
    static @Nullable String fault(HeaderMap headers) {
        for (long i = headers.fastIterate(); i != -1; i = headers.fiNext(i)) {
            HeaderValues values = headers.fiCurrent(i);
            if (!FieldText.isToken(values.getHeaderName())) {
                return "the name of an application's header is no token";
            }
            for (int k = 0; k < values.size(); k++) {
                if (!FieldText.isValue(values.get(k))) {
                    return "the application's header "
                            + values.getHeaderName()
                            + " holds a control character";
                }
            }
        }
        return null;
    }

    /** What is wrong with the trailers that will be sent; null: nothing. */
    static @Nullable String trailerFault(HttpServerExchange exchange) {
        Supplier<HeaderMap> supplier =
                exchange.removeAttachment(HttpAttachments.RESPONSE_TRAILER_SUPPLIER);
        HeaderMap trailers = exchange.getAttachment(HttpAttachments.RESPONSE_TRAILERS);
        if (supplier != null) {
            // Asked once, so that what is sent is what was looked at.
            HeaderMap supplied = supplier.get();
            if (trailers != null && supplied != null) {
                for (HeaderValues trailer : supplied) {
                    trailers.putAll(trailer.getHeaderName(), trailer);
                }
            } else if (supplied != null) {
                trailers = supplied;
                exchange.putAttachment(HttpAttachments.RESPONSE_TRAILERS, trailers);
            }
        }
        return trailers == null ? null : fault(trailers);
    }

    /** Those of an answer that is replaced: Undertow would still send them. */
    @SuppressWarnings("removal") // Undertow offers no other way
    static void dropCookies(HttpServerExchange exchange) {
        exchange.getResponseCookies().clear();
    }

    private static boolean isValue(@Nullable String text) {
        return text == null || FieldText.isValue(text);
    }

    /**
     * Says over HTTP/1.1 where an answer ends and that the connection does, too. Undertow leaves
     * out {@code Connection: close} where a status has no body: httpd would send its next request
     * on a connection that is being closed, and lose it. And chunks where only the connection's end
     * would end the answer: an answer that is cut then looks cut (RFC 9112, 8).
     */
    static void frame(HttpServerExchange exchange) {
        HeaderMap headers = exchange.getResponseHeaders();
        if (exchange.isPersistent()
                || !exchange.isHttp11()
                || !isHttp1(exchange)
                || exchange.isUpgrade()
                || exchange.getRequestMethod().equals(Methods.CONNECT)) {
            return;
        }
        if (!Connectors.isEntityBodyAllowed(exchange)) {
            headers.put(Headers.CONNECTION, "close");
        } else if (!headers.contains(Headers.CONTENT_LENGTH)
                && !headers.contains(Headers.TRANSFER_ENCODING)) {
            headers.put(Headers.TRANSFER_ENCODING, Headers.CHUNKED.toString());
        }
    }

    static boolean isHttp1(HttpServerExchange exchange) {
        return exchange.getConnection().getTransportProtocol().equals("http/1.1");
    }
}
