package io.backpool.server;

import io.undertow.server.HttpServerExchange;
import io.undertow.util.Headers;
import io.undertow.util.StatusCodes;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * {@code /health/ready} and {@code /health/live} of one member, for httpd's health check and for
 * people. Remembers when it was last asked, so that a leaving member knows whether anyone has to
 * notice. Called by I/O threads; never sheds and never blocks.
 */
public final class Health {
    static final String PREFIX = "/health/";

    private final String route;
    private final ServerResources resources;
    private volatile MemberState state = MemberState.STARTING;
    private volatile long lastProbe = System.nanoTime() - Long.MAX_VALUE / 2;

    private final DrainListener drained;

    /** Tells {@code drained} when the member is taken out of the rotation. */
    Health(String route, ServerResources resources, DrainListener drained) {
        this.drained = drained;
        this.route = route;
        this.resources = resources;
    }

    public MemberState state() {
        return state;
    }

    public void state(MemberState next) {
        MemberState before = state;
        state = next;
        if (isOut(next)) {
            drained.drained(next == MemberState.LEAVING);
            if (!isOut(before)) {
                resources.drained(route);
            }
        }
    }

    private static boolean isOut(MemberState state) {
        return state == MemberState.DRAINING || state == MemberState.LEAVING;
    }

    /** Nanoseconds since readiness was last asked for. */
    public long nanosSinceProbe() {
        return System.nanoTime() - lastProbe;
    }

    void handle(HttpServerExchange exchange) {
        switch (exchange.getRelativePath()) {
            case "/health/ready" -> {
                lastProbe = System.nanoTime();
                answer(exchange, state.isReady() && resources.readiness().failing().isEmpty());
            }
            case "/health/live" -> answer(exchange, true);
            default -> {
                exchange.setStatusCode(StatusCodes.NOT_FOUND);
                exchange.endExchange();
            }
        }
    }

    private void answer(HttpServerExchange exchange, boolean up) {
        exchange.setStatusCode(up ? StatusCodes.OK : StatusCodes.SERVICE_UNAVAILABLE);
        exchange.getResponseHeaders()
                .put(Headers.CONTENT_TYPE, "application/json")
                .put(Headers.CACHE_CONTROL, "no-store");
        exchange.getResponseSender()
                .send(
                        "{\"status\":\"%s\",\"state\":\"%s\",\"route\":\"%s\",\"services\":{%s}%s}"
                                .formatted(
                                        up ? "UP" : "DOWN",
                                        state,
                                        route,
                                        asJson(resources.services().now()),
                                        checksAsJson()));
    }

    /** For people: a service that is away makes no member unready, a check that fails does. */
    private String checksAsJson() {
        Map<String, String> checks = resources.readiness().now();
        return checks.isEmpty() ? "" : ",\"checks\":{" + asJson(checks) + "}";
    }

    private static String asJson(Map<String, String> states) {
        return states.entrySet().stream()
                .map(one -> "\"%s\":\"%s\"".formatted(one.getKey(), one.getValue()))
                .collect(Collectors.joining(","));
    }

    /** Hears that a member is taken out of the rotation. */
    interface DrainListener {
        /** Called with whether it leaves for good. */
        void drained(boolean leaves);
    }
}
