package io.backpool.server;

import io.undertow.server.Connectors;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.handlers.Cookie;
import io.undertow.util.HeaderMap;
import io.undertow.util.HeaderValues;
import io.undertow.util.Headers;
import io.undertow.util.Methods;
import org.jspecify.annotations.Nullable;

/** What an application may not answer, looked at before the first byte is sent. Stateless. */
final class ResponseHead {
    private ResponseHead() {}

    /** What is wrong with the head of this answer; null: nothing. Names no value of a header. */
    static @Nullable String fault(HttpServerExchange exchange) {
        if (exchange.getStatusCode() < 200 && !exchange.isUpgrade()) {
            return "the application set the status " + exchange.getStatusCode();
        }
        HeaderMap headers = exchange.getResponseHeaders();
        for (long i = headers.fastIterate(); i != -1; i = headers.fiNext(i)) {
            HeaderValues values = headers.fiCurrent(i);
            for (int k = 0; k < values.size(); k++) {
                if (endsLine(values.get(k))) {
                    return "the application's header "
                            + values.getHeaderName()
                            + " holds a line end or NUL";
                }
            }
        }
        HeaderValues lengths = headers.get(Headers.CONTENT_LENGTH);
        if (lengths != null && (lengths.size() > 1 || !isNumber(lengths.getFirst()))) {
            return "the application's Content-Length is not one number";
        }
        for (Cookie cookie : exchange.responseCookies()) {
            if (endsLine(cookie.getName()) || endsLine(cookie.getValue())) {
                return "an application's cookie holds a line end or NUL";
            }
        }
        return null;
    }

    private static boolean endsLine(@Nullable String value) {
        for (int i = 0; value != null && i < value.length(); i++) {
            char c = value.charAt(i);
            // As a byte: 'Ċ' (U+010A) would be sent as a line feed.
            if (c < ' ' || c > 0xFF) {
                int sent = c & 0xFF;
                if (sent == '\r' || sent == '\n' || sent == 0) {
                    return true;
                }
            }
        }
        return false;
    }

    private static boolean isNumber(String text) {
        return !text.isEmpty() && text.chars().allMatch(c -> c >= '0' && c <= '9');
    }

    /**
     * Chunks where only the connection's end would end the answer: an answer that is cut then looks
     * cut (RFC 9112, 8).
     */
    static void frame(HttpServerExchange exchange) {
        HeaderMap headers = exchange.getResponseHeaders();
        if (!exchange.isPersistent()
                && exchange.isHttp11()
                && isHttp1(exchange)
                && !headers.contains(Headers.CONTENT_LENGTH)
                && !headers.contains(Headers.TRANSFER_ENCODING)
                && !exchange.isUpgrade()
                && !exchange.getRequestMethod().equals(Methods.CONNECT)
                && Connectors.isEntityBodyAllowed(exchange)) {
            headers.put(Headers.TRANSFER_ENCODING, Headers.CHUNKED.toString());
        }
    }

    static boolean isHttp1(HttpServerExchange exchange) {
        return exchange.getConnection().getTransportProtocol().equals("http/1.1");
    }
}
