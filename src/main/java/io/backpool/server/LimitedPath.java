package io.backpool.server;

import io.backpool.config.LimitsConfig;
import io.backpool.exchange.PathLimits;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;

/** What requests for one template of paths may take, and how many are there. For all threads. */
final class LimitedPath {
    private final String template;
    private final long bodySize;
    private final Duration time;
    private final int concurrency;
    private final AtomicInteger inside = new AtomicInteger();

    LimitedPath(String template, PathLimits own, LimitsConfig all) {
        this.template = template;
        this.bodySize = own.bodySize() == 0 ? all.bodySize() : own.bodySize();
        this.time = Objects.requireNonNullElse(own.time(), all.requestTimeout());
        this.concurrency = own.concurrency() == 0 ? Integer.MAX_VALUE : own.concurrency();
    }

    /** For logs and answers. */
    String name() {
        return Limit.PATH.setting() + ":" + template;
    }

    long bodySize() {
        return bodySize;
    }

    Duration time() {
        return time;
    }

    /** False if as many are inside as may be; else one more is, until it {@link #leave}s. */
    boolean enter() {
        if (inside.incrementAndGet() <= concurrency) {
            return true;
        }
        inside.decrementAndGet();
        return false;
    }

    void leave() {
        inside.decrementAndGet();
    }
}
