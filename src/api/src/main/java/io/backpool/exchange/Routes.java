package io.backpool.exchange;

import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.handlers.PathTemplateHandler;
import io.undertow.util.Headers;
import io.undertow.util.HttpString;
import io.undertow.util.Methods;
import io.undertow.util.StatusCodes;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Which handler answers which path and method. Filled by one thread, then immutable.
 *
 * <p>The path is matched first and the method then, unlike in Undertow's {@code RoutingHandler}:
 * {@code GET /echo} is a 405, not a greeting for somebody called echo, and a 405 has its template
 * attached as every answer has.
 */
public final class Routes {
    private final Map<String, Map<HttpString, HttpHandler>> byTemplate = new LinkedHashMap<>();

    /** Has no route yet. */
    public Routes() {}

    /**
     * Answers GET, and HEAD: Undertow sends no body then.
     *
     * @param template of the path, such as {@code /users/{id}} or {@code /files/*}
     * @param handler called on an event loop
     * @return this
     */
    public Routes get(String template, HttpHandler handler) {
        return add(template, Methods.GET, handler).add(template, Methods.HEAD, handler);
    }

    /**
     * Answers POST.
     *
     * @param template of the path, as for {@link #get}
     * @param handler called on an event loop
     * @return this
     */
    public Routes post(String template, HttpHandler handler) {
        return add(template, Methods.POST, handler);
    }

    /**
     * Answers PUT.
     *
     * @param template of the path, as for {@link #get}
     * @param handler called on an event loop
     * @return this
     */
    public Routes put(String template, HttpHandler handler) {
        return add(template, Methods.PUT, handler);
    }

    /**
     * Answers DELETE.
     *
     * @param template of the path, as for {@link #get}
     * @param handler called on an event loop
     * @return this
     */
    public Routes delete(String template, HttpHandler handler) {
        return add(template, Methods.DELETE, handler);
    }

    /**
     * Attaches the {@code PathTemplateMatch} of each request, which {@link Parameters} and the
     * label {@code uri} of the metrics are read from, and hands it on. 404 for any other path, 405
     * with {@code Allow} for any other method.
     *
     * @return does not change with later routes
     */
    public HttpHandler build() {
        var paths =
                new PathTemplateHandler(
                        exchange -> Problem.send(exchange, StatusCodes.NOT_FOUND, null), false);
        byTemplate.forEach((template, methods) -> paths.add(template, byMethod(methods)));
        return paths;
    }

    private Routes add(String template, HttpString method, HttpHandler handler) {
        byTemplate.computeIfAbsent(template, any -> new LinkedHashMap<>()).put(method, handler);
        return this;
    }

    private static HttpHandler byMethod(Map<HttpString, HttpHandler> methods) {
        String allow =
                methods.keySet().stream()
                                .map(HttpString::toString)
                                .collect(Collectors.joining(", "))
                        + ", OPTIONS";
        return exchange -> {
            HttpHandler handler = methods.get(exchange.getRequestMethod());
            if (handler == null) {
                answerOtherMethod(exchange, allow);
            } else {
                handler.handleRequest(exchange);
            }
        };
    }

    private static void answerOtherMethod(HttpServerExchange exchange, String allow) {
        exchange.getResponseHeaders().put(Headers.ALLOW, allow);
        if (exchange.getRequestMethod().equals(Methods.OPTIONS)) {
            exchange.setStatusCode(StatusCodes.NO_CONTENT).endExchange();
        } else {
            Problem.send(exchange, StatusCodes.METHOD_NOT_ALLOWED, "This path knows " + allow);
        }
    }
}
