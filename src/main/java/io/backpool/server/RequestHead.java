package io.backpool.server;

import io.backpool.exchange.FieldText;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.HeaderMap;
import io.undertow.util.HeaderValues;
import io.undertow.util.Headers;
import io.undertow.util.HttpString;
import io.undertow.util.Protocols;
import org.jspecify.annotations.Nullable;

/**
 * What HTTP does not allow in the head of a request, or allows and a front end could read
 * differently (request smuggling). The same for each protocol: over AJP and h2c Undertow takes any
 * byte. Stateless.
 */
final class RequestHead {
    private static final int MAX_DIGITS = 18;

    /** RFC 3986, 3.2.2 and 3.2.3. */
    private static final String MARKS_OF_HOSTS = "-._~!$&'()*+,;=%:[]";

    private RequestHead() {}

    /** What is wrong with it; null: nothing. Names nothing that the client sent. */
    static @Nullable String fault(HttpServerExchange exchange) {
        String fault = ResponseHead.isHttp1(exchange) ? null : characterFault(exchange);
        if (fault != null) {
            return fault;
        }
        if (!isUnambiguous(exchange)) {
            return "this is not how HTTP frames a body";
        }
        return namesOneHost(exchange) ? null : "Host must be the host of the address";
    }

    /** Undertow's parser of HTTP/1.1 refuses all of these itself. */
    private static @Nullable String characterFault(HttpServerExchange exchange) {
        if (!FieldText.isToken(exchange.getRequestMethod())) {
            return "the method must be a token (RFC 9110, 9.1)";
        }
        return fieldFault(exchange.getRequestHeaders());
    }

    /** What is wrong with names and values of these; null: nothing. */
    static @Nullable String fieldFault(HeaderMap headers) {
        for (long i = headers.fastIterate(); i != -1; i = headers.fiNext(i)) {
            HeaderValues values = headers.fiCurrent(i);
            if (!FieldText.isToken(values.getHeaderName())) {
                return "a header's name must be a token (RFC 9110, 5.1)";
            }
            for (int k = 0; k < values.size(); k++) {
                if (!FieldText.isValue(values.get(k))) {
                    return "a header's value must not hold a control character (RFC 9110, 5.5)";
                }
            }
        }
        return null;
    }

    /** RFC 9112, 6.1 and 6.3: chunked is the only coding, since HTTP/1.1, and stands there once. */
    private static boolean isUnambiguous(HttpServerExchange exchange) {
        HeaderMap headers = exchange.getRequestHeaders();
        HttpString protocol = exchange.getProtocol();
        HeaderValues codings = headers.get(Headers.TRANSFER_ENCODING);
        if (codings != null
                && (codings.size() != 1
                        || !codings.getFirst().equalsIgnoreCase("chunked")
                        || !protocol.equals(Protocols.HTTP_1_1)
                        || headers.contains(Headers.CONTENT_LENGTH))) {
            return false;
        }
        HeaderValues lengths = headers.get(Headers.CONTENT_LENGTH);
        return isKnown(protocol)
                && (lengths == null || (lengths.size() == 1 && isNumber(lengths.getFirst())));
    }

    /** Over AJP any text can stand there; over HTTP Undertow takes any other for HTTP/1.1. */
    private static boolean isKnown(HttpString protocol) {
        return protocol.equals(Protocols.HTTP_1_1)
                || protocol.equals(Protocols.HTTP_2_0)
                || protocol.equals(Protocols.HTTP_1_0);
    }

    /** Of 18 digits at most: Undertow takes what is beyond a long for something else. */
    private static boolean isNumber(String text) {
        return text.length() <= MAX_DIGITS && isDigits(text);
    }

    /** Whether it holds digits alone, and one at least. */
    static boolean isDigits(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) < '0' || text.charAt(i) > '9') {
                return false;
            }
        }
        return !text.isEmpty();
    }

    /**
     * Where the address has a host (RFC 9112, 3.2.2), Host must be the same: a front end may have
     * looked at the other one. Undertow compares the names, not the ports.
     */
    private static boolean namesOneHost(HttpServerExchange exchange) {
        HeaderValues hosts = exchange.getRequestHeaders().get(Headers.HOST);
        if (hosts == null) {
            return true;
        }
        String host = hosts.getFirst();
        if (hosts.size() > 1 || !isHost(host)) {
            return false;
        }
        if (!exchange.isHostIncludedInRequestURI()) {
            return true;
        }
        String uri = exchange.getRequestURI();
        int start = uri.indexOf("//") + 2;
        int end = start + host.length();
        return uri.startsWith(host, start) && (end == uri.length() || uri.charAt(end) == '/');
    }

    /** Whether it holds nothing else; over HTTP/1.1 Undertow looks at their places, too. */
    private static boolean isHost(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean isLetter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
            if (!isLetter && !(c >= '0' && c <= '9') && MARKS_OF_HOSTS.indexOf(c) < 0) {
                return false;
            }
        }
        return true;
    }
}
