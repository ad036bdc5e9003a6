package io.backpool.service.queue;

import io.backpool.config.ServiceUrl;
import io.backpool.engine.Reachability;
import java.util.concurrent.atomic.LongAdder;

/** What a queue counts in this process. Safe for all threads. */
final class Counters {
    /** What an engine is asked for: a full one takes nothing and still gives. */
    static final String PUBLISH = "take messages";

    static final String CONSUME = "give messages";
    static final String STATES = "keep the messages' states";

    final LongAdder published = new LongAdder();
    final LongAdder done = new LongAdder();
    final LongAdder retried = new LongAdder();
    final LongAdder dead = new LongAdder();
    final LongAdder duplicates = new LongAdder();

    private final ServiceUrl url;
    private final Reachability reachability;

    Counters(ServiceUrl url) {
        this.url = url;
        this.reachability = new Reachability("queue - " + url, "trying again until it does");
    }

    Reachability reachability() {
        return reachability;
    }

    /** The engine did not do it, which is logged once; the result is to be thrown. */
    QueueException failed(String operation, String what, Exception e) {
        if (!(e instanceof InterruptedException)) {
            reachability.failed(operation, e);
        }
        return exception(what, e);
    }

    /** To be thrown, where somebody else says that it failed. */
    QueueException exception(String what, Exception e) {
        if (e instanceof InterruptedException) {
            Thread.currentThread().interrupt();
        }
        return new QueueException(what + " " + url + ": " + Reachability.reason(e), e);
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
                reachability.isReachable());
    }
}
