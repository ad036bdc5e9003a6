package io.backpool.observe;

import io.backpool.config.AdminConfig;
import io.backpool.exchange.Problem;
import io.backpool.server.MemberServer;
import io.backpool.server.MemberState;
import io.backpool.server.ServerException;
import io.undertow.Handlers;
import io.undertow.Undertow;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.handlers.BlockingHandler;
import io.undertow.util.Headers;
import io.undertow.util.StatusCodes;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import tools.jackson.databind.json.JsonMapper;

/**
 * The admin listener: metrics and health of the whole process, on a port and on threads of its own,
 * so that it answers while the members are busy.
 */
public final class AdminServer implements AutoCloseable {
    private final Undertow undertow;
    private final Metrics metrics;
    private final Supplier<Map<String, MemberServer>> members;
    private final JsonMapper json = new JsonMapper();

    private AdminServer(
            AdminConfig config, Metrics metrics, Supplier<Map<String, MemberServer>> members) {
        this.metrics = metrics;
        this.members = members;
        HttpHandler routes =
                Handlers.routing()
                        .get("/metrics", new BlockingHandler(this::metrics))
                        .get("/health/live", exchange -> health(exchange, true))
                        .get("/health/ready", this::ready);
        this.undertow =
                Undertow.builder()
                        .setIoThreads(1)
                        .setWorkerThreads(2)
                        .addHttpListener(
                                config.port(),
                                config.bind().getHostAddress(),
                                exchange -> {
                                    exchange.addDefaultResponseListener(Problem.BY_STATUS);
                                    routes.handleRequest(exchange);
                                })
                        .build();
    }

    /**
     * Opens the listener.
     *
     * @param members the open ones by route, asked anew for every request
     * @throws ServerException if the port can't be bound
     */
    public static AdminServer open(
            AdminConfig config, Metrics metrics, Supplier<Map<String, MemberServer>> members) {
        var server = new AdminServer(config, metrics, members);
        try {
            server.undertow.start();
        } catch (RuntimeException e) {
            throw new ServerException(
                    "Cannot listen on %s:%d (admin): %s. Is another backend running?"
                            .formatted(
                                    config.bind().getHostAddress(),
                                    config.port(),
                                    e.getCause() == null
                                            ? e.getMessage()
                                            : e.getCause().getMessage()),
                    e);
        }
        return server;
    }

    private void metrics(HttpServerExchange exchange) throws Exception {
        String accepted = exchange.getRequestHeaders().getFirst(Headers.ACCEPT);
        boolean openMetrics = accepted != null && accepted.contains("application/openmetrics-text");
        String mediaType = Metrics.MEDIA_TYPES.get(openMetrics ? 1 : 0);
        exchange.getResponseHeaders().put(Headers.CONTENT_TYPE, mediaType);
        metrics.write(exchange.getOutputStream(), mediaType);
    }

    private void ready(HttpServerExchange exchange) {
        boolean all = exchange.getQueryParameters().containsKey("all");
        var states =
                members.get().values().stream().map(member -> member.health().state()).toList();
        boolean ready =
                all
                        ? !states.isEmpty() && states.stream().allMatch(MemberState::isReady)
                        : states.stream().anyMatch(MemberState::isReady);
        health(exchange, ready);
    }

    private void health(HttpServerExchange exchange, boolean up) {
        exchange.setStatusCode(up ? StatusCodes.OK : StatusCodes.SERVICE_UNAVAILABLE);
        exchange.getResponseHeaders().put(Headers.CONTENT_TYPE, "application/json");
        Map<String, String> states = new TreeMap<>();
        members.get().forEach((route, member) -> states.put(route, member.health().state().name()));
        Map<String, Object> answer = new TreeMap<>();
        answer.put("status", up ? "UP" : "DOWN");
        answer.put("members", states);
        exchange.getResponseSender().send(json.writeValueAsString(answer));
    }

    @Override
    public void close() {
        undertow.stop();
    }
}
