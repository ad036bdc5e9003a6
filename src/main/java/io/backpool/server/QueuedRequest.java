package io.backpool.server;

import io.backpool.exchange.Refusal;
import io.undertow.server.Connectors;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import java.net.InetAddress;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * One request for blocking work on its way to a thread: it is handled there, or refused with 503.
 * Made on the event loop of its connection, refused by any thread, handled by one.
 */
final class QueuedRequest extends Admission.Work implements Executor {
    private static final HttpHandler ANSWER = Refusal::answer;

    private final HttpServerExchange exchange;
    private final Admission<QueuedRequest> admission;
    private final AdmissionCounts counts;
    private Runnable handling = () -> {};

    QueuedRequest(
            HttpServerExchange exchange,
            Admission<QueuedRequest> admission,
            AdmissionCounts counts) {
        super(exchange.getRequestStartTime());
        this.exchange = exchange;
        this.admission = admission;
        this.counts = counts;
    }

    /** Called by Undertow when the handler chain has let go of the exchange. */
    @Override
    public void execute(Runnable dispatched) {
        handling = dispatched;
        counts.came();
        admission.submit(this);
    }

    @Override
    @Nullable InetAddress client() {
        return exchange.getSourceAddress().getAddress();
    }

    /** Nothing of a request stays with the thread: no exception, and no interrupt. */
    void handle() {
        try {
            counts.began(System.nanoTime() - since, hadToWait);
            handling.run();
        } catch (Throwable e) {
            Blocking.report("A request failed beyond what its exchange could answer", e);
        } finally {
            Thread.interrupted();
        }
    }

    /** On the event loop of its connection, which may be another one than this thread. */
    @Override
    void refuse(Limit limit) {
        counts.shed(limit);
        Refusal.attach(exchange, limit.setting());
        if (exchange.isInIoThread()) {
            answer();
            return;
        }
        EventLoops.execute(exchange.getIoThread(), this::answer);
    }

    private void answer() {
        Connectors.executeRootHandler(ANSWER, exchange);
    }
}
