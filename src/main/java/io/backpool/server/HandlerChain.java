package io.backpool.server;

import io.backpool.exchange.RequestFacts;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.handlers.HttpContinueReadHandler;
import java.util.Objects;

/**
 * Every step that a request of one member takes, in order; {@link LiveRequest} is how it ends.
 * Called by I/O threads.
 */
final class HandlerChain implements HttpHandler {
    private final String route;
    private final InFlight inFlight;
    private final Trust trust;
    private final Health health;
    private final Hold hold;
    private final Limits limits;
    private final Sessions sessions;
    private final StickyCookie stickyCookie;
    private final HttpHandler application;

    /** httpd's ping= sends Expect: 100-continue, which Undertow alone never answers. */
    private final HttpHandler steps = new HttpContinueReadHandler(this::step);

    /** A field, so that no request makes one of its own. */
    private final HttpHandler begin = this::begin;

    HandlerChain(
            String route,
            InFlight inFlight,
            Trust trust,
            Health health,
            Hold hold,
            Limits limits,
            Sessions sessions,
            StickyCookie stickyCookie,
            HttpHandler application) {
        this.route = route;
        this.inFlight = inFlight;
        this.trust = trust;
        this.health = health;
        this.hold = hold;
        this.limits = limits;
        this.sessions = sessions;
        this.stickyCookie = stickyCookie;
        this.application = application;
    }

    @Override
    public void handleRequest(HttpServerExchange exchange) throws Exception {
        inFlight.enter(exchange).run(begin, false);
    }

    private void begin(HttpServerExchange exchange) throws Exception {
        boolean isTrusted = trust.settle(exchange);
        String id = RequestId.settle(exchange.getRequestHeaders(), isTrusted);
        new RequestFacts(route, id).attachTo(exchange);
        exchange.getResponseHeaders().put(RequestId.HEADER, id);
        if (health.state() == MemberState.LEAVING) {
            // So that httpd keeps no idle connection that is about to be closed.
            exchange.setPersistent(false);
        }
        if (!hold.isActive() || exchange.getRelativePath().startsWith(Health.PREFIX)) {
            steps.handleRequest(exchange);
            return;
        }
        var held = new HeldRequest(exchange, hold);
        HttpHandler later =
                self -> LiveRequest.run(held.isRefused() ? this::refuse : steps, self, false);
        exchange.dispatch(held, later);
    }

    private void refuse(HttpServerExchange exchange) {
        if (!isRefused(exchange)) {
            limits.refuseHeld(exchange, hold.longest());
        }
    }

    private boolean isRefused(HttpServerExchange exchange) {
        return limits.refuses(exchange, Objects.requireNonNull(LiveRequest.of(exchange)));
    }

    private void step(HttpServerExchange exchange) throws Exception {
        if (isRefused(exchange)) {
            return;
        }
        if (exchange.getRelativePath().startsWith(Health.PREFIX)) {
            health.handle(exchange);
            return;
        }
        RequestCookies.removeUnreadable(exchange.getRequestHeaders());
        EntityTags.restore(exchange.getRequestHeaders());
        TraceParent.settle(exchange.getRequestHeaders());
        sessions.attachTo(exchange, stickyCookie);
        application.handleRequest(exchange);
    }
}
