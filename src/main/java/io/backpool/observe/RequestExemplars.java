package io.backpool.observe;

import io.backpool.exchange.RequestFacts;
import io.prometheus.metrics.tracer.common.SpanContext;
import org.jspecify.annotations.Nullable;

/**
 * Names, in OpenMetrics, a request beside the bucket that it fell into, so that its line can be
 * found in the access log: {@code trace_id} is the request's id and {@code span_id} the member's
 * route, since Prometheus's client knows no other labels. The thread that records a request says
 * whose time it is.
 */
final class RequestExemplars implements SpanContext {
    private static final ThreadLocal<@Nullable RequestFacts> CURRENT = new ThreadLocal<>();

    /** Until {@code null} is set, what this thread records belongs to that request. */
    void current(@Nullable RequestFacts facts) {
        CURRENT.set(facts);
    }

    @Override
    public @Nullable String getCurrentTraceId() {
        RequestFacts facts = CURRENT.get();
        return facts == null ? null : facts.requestId();
    }

    @Override
    public @Nullable String getCurrentSpanId() {
        RequestFacts facts = CURRENT.get();
        return facts == null ? null : facts.route();
    }

    @Override
    public boolean isCurrentSpanSampled() {
        return CURRENT.get() != null;
    }

    /** The access log has every request. */
    @Override
    public void markCurrentSpanAsExemplar() {}
}
