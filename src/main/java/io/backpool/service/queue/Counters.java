package io.backpool.service.queue;

import io.backpool.config.ServiceUrl;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a queue counts in this process. Safe for all threads. */
final class Counters {
    private static final Logger LOG = LoggerFactory.getLogger(Counters.class);

    final LongAdder published = new LongAdder();
    final LongAdder done = new LongAdder();
    final LongAdder retried = new LongAdder();
    final LongAdder dead = new LongAdder();
    final LongAdder duplicates = new LongAdder();

    private final ServiceUrl url;
    private final AtomicBoolean reachable = new AtomicBoolean(true);

    Counters(ServiceUrl url) {
        this.url = url;
    }

    /** The engine did what it was asked for. */
    void reached() {
        if (!reachable.get() && reachable.compareAndSet(false, true)) {
            LOG.info("queue - {} is back", url);
        }
    }

    /** The engine did not, which is logged once; the result is to be thrown. */
    QueueException failed(String what, Exception e) {
        if (reachable.getAndSet(false)) {
            LOG.warn(
                    "queue - {} fails, trying again until it is back: {}",
                    url,
                    cause(e).toString());
        }
        return new QueueException(what + " " + url + ": " + cause(e), e);
    }

    /** The innermost: clients wrap "connection refused" in much that says less. */
    private static Throwable cause(Exception e) {
        Throwable cause = e;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause;
    }

    QueueStats stats(long depth) {
        return new QueueStats(
                url.scheme(),
                published.sum(),
                done.sum(),
                retried.sum(),
                dead.sum(),
                duplicates.sum(),
                depth,
                reachable.get() && depth >= 0);
    }
}
