package io.backpool.exchange;

import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.Methods;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** From a path to its handler; the exchange itself is part of the figure. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class RoutesBench {
    private final HttpHandler routes =
            new Routes()
                    .get("/", exchange -> {})
                    .get("/{name}", exchange -> {})
                    .get("/users/{id}", exchange -> {})
                    .get("/cached/{name}", exchange -> {})
                    .get("/static/*", exchange -> {})
                    .build();

    @Benchmark
    public Object root() throws Exception {
        return route("/");
    }

    @Benchmark
    public Object variable() throws Exception {
        return route("/users/4711");
    }

    /** What the two above have in common. */
    @Benchmark
    public Object exchangeAlone() {
        return exchange("/");
    }

    private Object route(String path) throws Exception {
        HttpServerExchange exchange = exchange(path);
        routes.handleRequest(exchange);
        return exchange;
    }

    @SuppressWarnings("NullAway") // No connection: routing asks it nothing.
    private static HttpServerExchange exchange(String path) {
        var exchange = new HttpServerExchange(null);
        exchange.setRequestMethod(Methods.GET);
        exchange.setRelativePath(path);
        return exchange;
    }
}
