package io.backpool.server;

import io.backpool.config.Concurrency;
import io.backpool.config.LimitsConfig;
import io.backpool.config.PoolConfig;
import io.backpool.exchange.Problem;
import io.backpool.exchange.RequestFacts;
import io.undertow.server.Connectors;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.Headers;
import io.undertow.util.StatusCodes;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where handlers that may block are run: a bounded pool of threads, or a virtual thread a request.
 * How many at once is up to {@link Admission}; whoever is not admitted gets a 503 at once. Shared
 * by the members of a process. Safe for all threads.
 */
public final class Blocking {
    /** As many requests wait for something at once in virtual threads; each has a buffer or two. */
    private static final int MAX_VIRTUAL = 1_000;

    private static final Logger LOG = LoggerFactory.getLogger(Blocking.class);

    private static final String RETRY_AFTER_SECONDS = "1";

    private final Executor executor;
    private final AtomicInteger busy = new AtomicInteger();
    private final @Nullable Admission<Request> admission;
    private final ConcurrentMap<String, Counts> counts = new ConcurrentHashMap<>();

    private Blocking(Executor executor, @Nullable Admission<Request> admission) {
        this.executor = executor;
        this.admission = admission;
    }

    /**
     * Chooses as {@code pool.blocking} and {@code limits.concurrency} say.
     *
     * @param threads the bounded pool
     * @param maxThreads of it
     */
    static Blocking choose(
            PoolConfig.Blocking wanted, LimitsConfig limits, Executor threads, int maxThreads) {
        boolean virtual = isVirtual(wanted);
        int max = virtual ? MAX_VIRTUAL : maxThreads;
        return new Blocking(
                virtual ? virtualThreads() : threads,
                limits.concurrency().kind() == Concurrency.Kind.OFF
                        ? null
                        : new Admission<>(
                                limit(limits.concurrency(), max),
                                limits.queue(),
                                limits.requestTimeout(),
                                System::nanoTime));
    }

    private static ConcurrencyLimit limit(Concurrency wanted, int max) {
        boolean fixed = wanted.kind() == Concurrency.Kind.FIXED;
        int cores = Runtime.getRuntime().availableProcessors();
        return new ConcurrencyLimit(
                fixed ? wanted.limit() : Math.min(2 * cores, max),
                fixed ? wanted.limit() : max,
                CpuLoad.ofThisHost(),
                System.nanoTime());
    }

    /** Whether that choice means virtual threads on this Java. */
    static boolean isVirtual(PoolConfig.Blocking wanted) {
        return wanted != PoolConfig.Blocking.THREADS && Runtime.version().feature() >= 21;
    }

    /** A handler that runs {@code handler} there; blocking I/O on the exchange is allowed in it. */
    public HttpHandler wrap(HttpHandler handler) {
        return wrap(handler, false);
    }

    /**
     * The same.
     *
     * @param interruptible whether its thread is interrupted when the request ends without it:
     *     {@code limits.request-timeout} is over, or the client is gone
     */
    public HttpHandler wrap(HttpHandler handler, boolean interruptible) {
        HttpHandler blocking =
                exchange -> {
                    exchange.startBlocking();
                    busy.incrementAndGet();
                    try {
                        LiveRequest.run(handler, exchange, interruptible);
                    } finally {
                        busy.decrementAndGet();
                    }
                };
        return exchange -> {
            if (exchange.isInIoThread()) {
                exchange.dispatch(
                        admission == null ? executor : new Request(exchange, admission), blocking);
            } else {
                blocking.handleRequest(exchange);
            }
        };
    }

    /** How many handlers run now. */
    int busy() {
        return busy.get();
    }

    /** How many wait to be admitted now. */
    int waiting() {
        return admission == null ? 0 : admission.waiting();
    }

    /** What became of the requests of one member. */
    AdmissionStats stats(String route) {
        Counts of = counts(route);
        return new AdmissionStats(
                admission == null ? 0 : admission.limit(),
                of.admitted.sum(),
                of.queued.sum(),
                of.shed.sum());
    }

    private Counts counts(String route) {
        return counts.computeIfAbsent(route, unseen -> new Counts());
    }

    private static void refuse(HttpServerExchange exchange) {
        exchange.getResponseHeaders().put(Headers.RETRY_AFTER, RETRY_AFTER_SECONDS);
        Problem.send(
                exchange,
                StatusCodes.SERVICE_UNAVAILABLE,
                "more requests than can be served; try again in " + RETRY_AFTER_SECONDS + " s");
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

    /** Of one member. */
    private static final class Counts {
        final LongAdder admitted = new LongAdder();
        final LongAdder queued = new LongAdder();
        final LongAdder shed = new LongAdder();
    }

    /** One request on its way to a thread. */
    private final class Request implements Executor, Admission.Work {
        private final HttpServerExchange exchange;
        private final Admission<Request> admission;
        private final Counts counts;
        private @Nullable Runnable handling;

        Request(HttpServerExchange exchange, Admission<Request> admission) {
            this.exchange = exchange;
            this.admission = admission;
            RequestFacts facts = RequestFacts.of(exchange);
            this.counts = counts(facts == null ? "" : facts.route());
        }

        /** Called by Undertow when the handler chain has let go of the exchange. */
        @Override
        public void execute(Runnable dispatched) {
            handling = dispatched;
            admission.submit(this);
        }

        @Override
        public long since() {
            return exchange.getRequestStartTime();
        }

        @Override
        public void begin(boolean waited) {
            count(waited);
            try {
                executor.execute(this::run);
            } catch (RejectedExecutionException e) {
                // The process is stopping.
                Connectors.executeRootHandler(Blocking::refuse, exchange);
                Request next = admission.finished();
                if (next != null) {
                    next.begin(true);
                }
            }
        }

        private void count(boolean waited) {
            (waited ? counts.queued : counts.admitted).increment();
        }

        private void run() {
            Request next = handle();
            while (next != null) {
                next.count(true);
                next = next.handle();
            }
        }

        private @Nullable Request handle() {
            try {
                if (handling != null) {
                    handling.run();
                }
            } catch (RuntimeException | Error e) {
                LOG.error("A request failed beyond what its exchange could answer", e);
            }
            return admission.finished();
        }

        @Override
        public void shed() {
            counts.shed.increment();
            Connectors.executeRootHandler(Blocking::refuse, exchange);
        }
    }
}
