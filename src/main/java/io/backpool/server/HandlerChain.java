package io.backpool.server;

import io.backpool.exchange.Problem;
import io.backpool.exchange.RequestFacts;
import io.undertow.server.ExchangeCompletionListener;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.handlers.HttpContinueReadHandler;

/**
 * Every step that a request of one member takes, in order. One completion listener, shared by all
 * requests, takes the steps back. Called by I/O threads.
 */
final class HandlerChain implements HttpHandler, ExchangeCompletionListener {
    private final String route;
    private final InFlight inFlight;
    private final Trust trust;
    private final Health health;
    private final Limits limits;
    private final Sessions sessions;
    private final StickyCookie stickyCookie;
    private final RequestObserver observer;
    private final HttpHandler application;

    HandlerChain(
            String route,
            InFlight inFlight,
            Trust trust,
            Health health,
            Limits limits,
            Sessions sessions,
            StickyCookie stickyCookie,
            RequestObserver observer,
            HttpHandler application) {
        this.route = route;
        this.inFlight = inFlight;
        this.trust = trust;
        this.health = health;
        this.limits = limits;
        this.sessions = sessions;
        this.stickyCookie = stickyCookie;
        this.observer = observer;
        // httpd's ping= sends Expect: 100-continue, which Undertow alone never answers.
        this.application = new HttpContinueReadHandler(application);
    }

    @Override
    public void handleRequest(HttpServerExchange exchange) throws Exception {
        inFlight.enter();
        exchange.addExchangeCompleteListener(this);
        exchange.addDefaultResponseListener(Problem.BY_STATUS);
        boolean isTrusted = trust.settle(exchange);
        String id = RequestId.settle(exchange.getRequestHeaders(), isTrusted);
        new RequestFacts(route, id).attachTo(exchange);
        exchange.getResponseHeaders().put(RequestId.HEADER, id);
        if (health.state() == MemberState.LEAVING) {
            // So that httpd keeps no idle connection that is about to be closed.
            exchange.setPersistent(false);
        }
        if (limits.refuses(exchange)) {
            return;
        }
        if (exchange.getRelativePath().startsWith(Health.PREFIX)) {
            health.handle(exchange);
            return;
        }
        RequestCookies.removeUnreadable(exchange.getRequestHeaders());
        EntityTags.restore(exchange.getRequestHeaders());
        sessions.attachTo(exchange, stickyCookie);
        application.handleRequest(exchange);
    }

    @Override
    public void exchangeEvent(HttpServerExchange exchange, NextListener next) {
        try {
            sessions.completed(exchange);
            observer.completed(exchange, System.nanoTime() - exchange.getRequestStartTime());
        } finally {
            inFlight.leave();
            next.proceed();
        }
    }
}
