package io.backpool.server;

import io.backpool.config.Concurrency;
import io.backpool.config.LimitsConfig;
import io.backpool.config.PoolConfig;
import io.backpool.exchange.RequestFacts;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;
import org.xnio.XnioWorker;

/**
 * Where handlers that may block are run: a bounded pool of threads, or a virtual thread a request.
 * Which request is next, waits or is refused is up to {@link Admission}. Shared by the members of a
 * process. Safe for all threads.
 */
public final class Blocking {
    /** As many run at once on virtual threads: memory, not processors. */
    private static final int MAX_VIRTUAL = 10_000;

    private static final long MOST_LOOK_NANOS = 10_000_000;
    private static final long LEAST_LOOK_NANOS = 1_000_000;

    private static final Logger LOG = LoggerFactory.getLogger(Blocking.class);

    /** In SLF4J's MDC, named as in the access log. */
    private static final String REQUEST_ID = "http.request.id";

    private final Executor executor;
    private final AtomicInteger busy = new AtomicInteger();
    private final @Nullable Admission<QueuedRequest> admission;
    private final ConcurrentMap<String, AdmissionCounts> counts = new ConcurrentHashMap<>();

    /**
     * Chooses as {@code pool.blocking} and {@code limits.concurrency} say.
     *
     * @param worker has the event loops, and the bounded pool
     * @param maxThreads of that pool
     */
    Blocking(PoolConfig pool, LimitsConfig limits, XnioWorker worker, int maxThreads) {
        boolean virtual = isVirtual(pool.blocking());
        this.executor = virtual ? VirtualThreads.executor() : worker;
        this.admission =
                limits.concurrency().kind() == Concurrency.Kind.OFF
                        ? null
                        : admission(pool, limits, worker, virtual, maxThreads);
    }

    private Admission<QueuedRequest> admission(
            PoolConfig pool,
            LimitsConfig limits,
            XnioWorker worker,
            boolean virtual,
            int maxThreads) {
        boolean fixed = limits.concurrency().kind() == Concurrency.Kind.FIXED;
        int max = virtual ? MAX_VIRTUAL : maxThreads;
        boolean smaller = fixed && limits.concurrency().limit() <= max;
        var size =
                Admission.Size.of(
                        smaller ? limits.concurrency().limit() : max,
                        smaller ? Limit.CONCURRENCY : virtual ? Limit.QUEUE_WAIT : Limit.THREADS,
                        Runtime.getRuntime().availableProcessors(),
                        pool.processes() ? pool.members() : 1,
                        !virtual);
        long bound = limits.queueWait().toNanos();
        return new Admission<>(
                size, bound, limits.queue(), new Calls(worker, bound), System::nanoTime);
    }

    /** Whether that choice means virtual threads on this Java. */
    public static boolean isVirtual(PoolConfig.Blocking wanted) {
        return wanted != PoolConfig.Blocking.THREADS && VirtualThreads.exist();
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
                    RequestFacts facts = RequestFacts.of(exchange);
                    MDC.put(REQUEST_ID, facts == null ? "" : facts.requestId());
                    try {
                        LiveRequest.run(handler, exchange, interruptible);
                    } finally {
                        MDC.remove(REQUEST_ID);
                        busy.decrementAndGet();
                    }
                };
        return exchange -> {
            if (exchange.isInIoThread()) {
                exchange.dispatch(admission == null ? executor : request(exchange), blocking);
            } else {
                blocking.handleRequest(exchange);
            }
        };
    }

    private QueuedRequest request(HttpServerExchange exchange) {
        RequestFacts facts = RequestFacts.of(exchange);
        return new QueuedRequest(
                exchange,
                Objects.requireNonNull(admission),
                counts(facts == null ? "" : facts.route()));
    }

    /** A request of this member was refused for this limit, before any handler. */
    void refused(String route, Limit limit) {
        counts(route).refused(limit);
    }

    /** How many handlers run now. */
    int busy() {
        return busy.get();
    }

    /** How many requests of one member wait for their turn, and what became of the others. */
    AdmissionStats stats(String route) {
        return counts(route).stats(admission == null ? 0 : admission.max());
    }

    /** How many requests of all members wait for their turn. */
    int waiting() {
        return counts.values().stream().mapToInt(AdmissionCounts::waiting).sum();
    }

    private AdmissionCounts counts(String route) {
        return counts.computeIfAbsent(route, unseen -> new AdmissionCounts());
    }

    /** A thread that was called takes requests until there is none for it. */
    private void takeTurns() {
        Admission<QueuedRequest> line = Objects.requireNonNull(admission);
        QueuedRequest next = line.begin();
        while (next != null) {
            next.handle();
            next = line.finished(next);
        }
    }

    /** Logs it, if there is memory for that. */
    static void report(String what, Throwable why) {
        try {
            LOG.error(what, why);
        } catch (Throwable e) {
            // The thread must go on all the same.
        }
    }

    /** Calls threads of the executor, and looks at the line from an event loop. */
    private final class Calls implements Admission.Threads {
        private final Runnable thread = Blocking.this::takeTurns;
        private final Runnable look = this::look;
        private final XnioWorker worker;
        private final long lookNanos;

        Calls(XnioWorker worker, long boundNanos) {
            this.worker = worker;
            this.lookNanos = Math.max(LEAST_LOOK_NANOS, Math.min(MOST_LOOK_NANOS, boundNanos / 10));
        }

        @Override
        public void call() {
            try {
                executor.execute(thread);
            } catch (RejectedExecutionException e) {
                Objects.requireNonNull(admission).stopped();
            } catch (Throwable e) {
                Objects.requireNonNull(admission).notCalled();
                report("No thread could be started", e);
            }
        }

        @Override
        public void watch() {
            EventLoops.executeAfter(worker.getIoThread(0), lookNanos, look);
        }

        /** Virtual threads run on as many others as there are processors: few enough. */
        @Override
        public long waited() {
            return executor == worker ? Processors.waited() : 0;
        }

        private void look() {
            if (Objects.requireNonNull(admission).look()) {
                watch();
            }
        }
    }
}
