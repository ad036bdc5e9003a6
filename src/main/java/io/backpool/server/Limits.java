package io.backpool.server;

import io.backpool.config.LimitsConfig;
import io.backpool.exchange.Problem;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.HeaderMap;
import io.undertow.util.HeaderValues;
import io.undertow.util.Headers;
import io.undertow.util.HttpString;
import io.undertow.util.Methods;
import io.undertow.util.Protocols;
import io.undertow.util.StatusCodes;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a member refuses before the application sees it: what is too much, and what Undertow accepts
 * although a front end could read it differently (request smuggling). A refusal closes the
 * connection: where the refused request ends is what can't be trusted. Called by I/O threads.
 */
final class Limits {
    /** As many as httpd lets through (100, {@code LimitRequestFields}) and what proxies add. */
    static final int MAX_HEADERS = 200;

    /** Over AJP a name may be empty. */
    private static final HttpString NAMELESS = new HttpString("");

    private static final int MAX_DIGITS = 18;
    private static final String ALLOWED_METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

    private final int headerSize;
    private final long bodySize;
    private final Duration bodyTimeout;

    Limits(LimitsConfig config) {
        this.headerSize = config.headerSize();
        this.bodySize = config.bodySize();
        this.bodyTimeout = config.bodyTimeout();
    }

    /** Answers the request if it must not go on, and says so; else sets what holds for its body. */
    boolean refuses(HttpServerExchange exchange, LiveRequest request) {
        if (!isUnambiguous(exchange)) {
            return refuse(exchange, StatusCodes.BAD_REQUEST, "this is not how HTTP frames a body");
        }
        if (!namesOneHost(exchange)) {
            return refuse(
                    exchange, StatusCodes.BAD_REQUEST, "Host must be the host of the address");
        }
        if (exchange.getRequestHeaders().contains(NAMELESS)) {
            return refuse(exchange, StatusCodes.BAD_REQUEST, "a header has no name");
        }
        HttpString method = exchange.getRequestMethod();
        if (method.equals(Methods.CONNECT) || method.equals(Methods.TRACE)) {
            exchange.getResponseHeaders().put(Headers.ALLOW, ALLOWED_METHODS);
            return refuse(exchange, StatusCodes.METHOD_NOT_ALLOWED, null);
        }
        if (exceedsHead(exchange)) {
            return refuse(
                    exchange,
                    StatusCodes.REQUEST_HEADER_FIELDS_TOO_LARGE,
                    "the head must not be longer than "
                            + headerSize
                            + " bytes or "
                            + MAX_HEADERS
                            + " lines");
        }
        if (!RequestTarget.decode(exchange)) {
            return refuse(
                    exchange,
                    StatusCodes.BAD_REQUEST,
                    "the address must not hold a control character, #, %00 in the path, or %"
                            + " without two hexadecimal digits");
        }
        if (exchange.isRequestComplete()) {
            return false;
        }
        var body = new RequestBody(exchange, bodySize, bodyTimeout);
        request.body(body);
        exchange.addRequestWrapper(body);
        if (exchange.getRequestContentLength() > bodySize) {
            body.refuse();
            exchange.setStatusCode(StatusCodes.REQUEST_ENTITY_TOO_LARGE).endExchange();
            return true;
        }
        return false;
    }

    /** RFC 9112, 6.1 and 6.3: chunked is the only coding, since HTTP/1.1, and told once. */
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

    /**
     * Where the address has a host (RFC 9112, 3.2.2), Host must be the same: a front end may have
     * looked at the other one. Undertow compares the names, not the ports.
     */
    private static boolean namesOneHost(HttpServerExchange exchange) {
        String host = exchange.getRequestHeaders().getFirst(Headers.HOST);
        if (host == null || !exchange.isHostIncludedInRequestURI()) {
            return true;
        }
        String uri = exchange.getRequestURI();
        int start = uri.indexOf("//") + 2;
        int end = start + host.length();
        return uri.startsWith(host, start) && (end == uri.length() || uri.charAt(end) == '/');
    }

    /** Over AJP any text can stand there; over HTTP Undertow takes any other for HTTP/1.1. */
    private static boolean isKnown(HttpString protocol) {
        return protocol.equals(Protocols.HTTP_1_1)
                || protocol.equals(Protocols.HTTP_2_0)
                || protocol.equals(Protocols.HTTP_1_0);
    }

    /** Of 18 digits at most: Undertow takes what is beyond a long for something else. */
    private static boolean isNumber(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) < '0' || text.charAt(i) > '9') {
                return false;
            }
        }
        return !text.isEmpty() && text.length() <= MAX_DIGITS;
    }

    /** Undertow's own limits lie higher: it knows no answer but a bare 400. */
    private boolean exceedsHead(HttpServerExchange exchange) {
        HeaderMap headers = exchange.getRequestHeaders();
        int size = exchange.getRequestURI().length() + exchange.getQueryString().length();
        int lines = 0;
        for (long i = headers.fastIterate(); i != -1; i = headers.fiNext(i)) {
            HeaderValues values = headers.fiCurrent(i);
            lines += values.size();
            for (int k = 0; k < values.size(); k++) {
                size += values.getHeaderName().length() + values.get(k).length() + 4;
            }
        }
        return size > headerSize || lines > MAX_HEADERS;
    }

    private static boolean refuse(HttpServerExchange exchange, int status, @Nullable String why) {
        exchange.setPersistent(false);
        Problem.send(exchange, status, why);
        return true;
    }
}
