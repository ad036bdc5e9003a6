package io.backpool.server;

import io.backpool.config.LimitsConfig;
import io.backpool.exchange.Problem;
import io.backpool.exchange.Refusal;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.HeaderMap;
import io.undertow.util.HeaderValues;
import io.undertow.util.Headers;
import io.undertow.util.HttpString;
import io.undertow.util.Methods;
import io.undertow.util.StatusCodes;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What a member refuses before the application sees it: what HTTP does not allow, and what is too
 * much. A refusal closes the connection: where the refused request ends is what can't be trusted.
 * Called by I/O threads.
 */
final class Limits {
    /** As many as httpd lets through (100, {@code LimitRequestFields}) and what proxies add. */
    static final int MAX_HEADERS = 200;

    private static final String ALLOWED_METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

    private final int headerSize;
    private final long bodySize;
    private final Duration bodyTimeout;
    private final LimitedPaths paths;
    private final Consumer<Limit> refused;

    /**
     * @param refused called for each request that is one too many for its path, or was held for too
     *     long
     */
    Limits(LimitsConfig config, LimitedPaths paths, Consumer<Limit> refused) {
        this.paths = paths;
        this.refused = refused;
        this.headerSize = config.headerSize();
        this.bodySize = config.bodySize();
        this.bodyTimeout = config.bodyTimeout();
    }

    /** Answers the request if it must not go on, and says so; else sets what holds for its body. */
    boolean refuses(HttpServerExchange exchange, LiveRequest request) {
        String fault = RequestHead.fault(exchange);
        if (fault != null) {
            return refuse(exchange, StatusCodes.BAD_REQUEST, fault);
        }
        HttpString method = exchange.getRequestMethod();
        if (method.equals(Methods.CONNECT) || method.equals(Methods.TRACE)) {
            exchange.getResponseHeaders().put(Headers.ALLOW, ALLOWED_METHODS);
            return refuse(exchange, StatusCodes.METHOD_NOT_ALLOWED, null);
        }
        if (exchange.getRequestHeaders().contains(Headers.SEC_WEB_SOCKET_KEY)
                && !ResponseHead.isHttp1(exchange)) {
            // Undertow would throw where the application accepts it.
            return refuse(
                    exchange,
                    StatusCodes.NOT_IMPLEMENTED,
                    "a WebSocket comes to a member over HTTP/1.1 only");
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
        LimitedPath path = paths.of(exchange.getRelativePath());
        if (!exchange.isRequestComplete() && refusesBody(exchange, request, path)) {
            return true;
        }
        return path != null && refusesOneMore(exchange, request, path);
    }

    private boolean refusesBody(
            HttpServerExchange exchange, LiveRequest request, @Nullable LimitedPath path) {
        long most = path == null ? bodySize : path.bodySize();
        var body = new RequestBody(exchange, most, bodyTimeout);
        request.body(body);
        exchange.addRequestWrapper(body);
        if (exchange.getRequestContentLength() > most) {
            body.refuse();
            exchange.setStatusCode(StatusCodes.REQUEST_ENTITY_TOO_LARGE).endExchange();
            return true;
        }
        return false;
    }

    private boolean refusesOneMore(
            HttpServerExchange exchange, LiveRequest request, LimitedPath path) {
        if (path.enter()) {
            request.path(path);
            return false;
        }
        refused.accept(Limit.PATH);
        Refusal.attach(exchange, path.name());
        Refusal.answer(exchange);
        return true;
    }

    /** Answers one that waited for an operator for so long. */
    void refuseHeld(HttpServerExchange exchange, Duration longest) {
        refused.accept(Limit.PAUSE);
        Refusal.attach(exchange, Limit.PAUSE.setting());
        long seconds = Math.max(1, longest.toSeconds());
        Refusal.answer(exchange, "the service is paused by an operator", seconds);
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
