package io.backpool.server;

import io.backpool.config.PoolConfig;
import io.undertow.server.HttpHandler;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Where handlers that may block are run: a bounded pool of threads, or a virtual thread a request.
 * Safe for all threads.
 */
public final class Blocking {
    private final Executor executor;

    private Blocking(Executor executor) {
        this.executor = executor;
    }

    /**
     * Chooses as {@code pool.blocking} says.
     *
     * @param threads the bounded pool
     */
    static Blocking choose(PoolConfig.Blocking wanted, Executor threads) {
        return new Blocking(isVirtual(wanted) ? virtualThreads() : threads);
    }

    /** Whether that choice means virtual threads on this Java. */
    static boolean isVirtual(PoolConfig.Blocking wanted) {
        return wanted != PoolConfig.Blocking.THREADS && Runtime.version().feature() >= 21;
    }

    /** A handler that runs {@code handler} there; blocking I/O on the exchange is allowed in it. */
    public HttpHandler wrap(HttpHandler handler) {
        HttpHandler blocking =
                exchange -> {
                    exchange.startBlocking();
                    handler.handleRequest(exchange);
                };
        return exchange -> {
            if (exchange.isInIoThread()) {
                exchange.dispatch(executor, blocking);
            } else {
                blocking.handleRequest(exchange);
            }
        };
    }

    /** By name, since this is compiled for Java 17. */
    private static Executor virtualThreads() {
        try {
            return (ExecutorService)
                    MethodHandles.publicLookup()
                            .findStatic(
                                    Executors.class,
                                    "newVirtualThreadPerTaskExecutor",
                                    MethodType.methodType(ExecutorService.class))
                            .invoke();
        } catch (Throwable e) {
            throw new IllegalStateException("Java 21 or later has virtual threads", e);
        }
    }
}
