package io.backpool.app.showcase;

import io.backpool.app.Services;
import io.backpool.exchange.Parameters;
import io.backpool.service.cache.Cache;
import io.backpool.service.cache.Cached;
import io.backpool.service.cache.Content;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.Headers;
import io.undertow.util.HttpString;
import java.time.Duration;
import java.util.Objects;

/** {@code /cached/{name}}: a greeting that takes long to compute, once. Safe for all threads. */
final class CachedHello implements HttpHandler {
    private static final HttpString X_CACHE = HttpString.tryFromString("X-Cache");
    private static final Duration WORK = Duration.ofMillis(50);
    private static final Duration LEAST = Duration.ofSeconds(1);
    private static final Duration MOST = Duration.ofHours(24);

    private final Services services;

    CachedHello(Services services) {
        this.services = services;
    }

    @Override
    public void handleRequest(HttpServerExchange exchange) throws Exception {
        String name = Parameters.text(exchange, "name");
        Duration ttl =
                Parameters.queryDuration(exchange, "ttl", Duration.ofMinutes(1), LEAST, MOST);
        Cache cache = services.cache();
        Cached greeting = cache.get("hello " + name, ttl, () -> compute(name));
        Content content = Objects.requireNonNull(greeting.content());
        exchange.getResponseHeaders()
                .put(X_CACHE, greeting.hit() ? "HIT" : "MISS")
                .put(Headers.AGE, greeting.age().toSeconds())
                .put(Headers.CONTENT_TYPE, content.type());
        exchange.getResponseSender().send(content.bytes());
    }

    private static Content compute(String name) throws InterruptedException {
        Thread.sleep(WORK.toMillis());
        return Content.text("Hello, " + name);
    }
}
