package io.backpool.service.session;

import io.backpool.config.ServiceUrl;
import io.backpool.engine.Reachability;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What the sessions of this process count, and whether Redis does its part. Safe for all threads.
 */
final class SessionCounters {
    /** Redis answers. */
    private static final String ANSWER = "answer";

    /** Redis takes changes, which a full one does not. */
    static final String WRITE = "take changes";

    final LongAdder created = new LongAdder();
    final LongAdder read = new LongAdder();
    final LongAdder unknown = new LongAdder();
    private final LongAdder written = new LongAdder();
    private final LongAdder failures = new LongAdder();
    private final ServiceUrl url;
    private final Reachability reachability;

    SessionCounters(ServiceUrl url) {
        this.url = url;
        this.reachability = new Reachability("sessions - " + url, "answering 503");
    }

    Reachability reachability() {
        return reachability;
    }

    /** What Redis answers. */
    <T extends @Nullable Object> T count(Supplier<T> question) {
        try {
            T answer = question.get();
            reachability.reached(ANSWER);
            return answer;
        } catch (RedisException e) {
            throw failed(e);
        }
    }

    /** A change on its way, counted now, and how it ends, then. */
    CompletionStage<?> count(CompletionStage<?> write) {
        written.increment();
        return write.whenComplete(
                (done, failure) -> {
                    if (failure == null) {
                        reachability.reached(WRITE);
                    } else {
                        boolean refused =
                                Reachability.cause(failure)
                                        instanceof RedisCommandExecutionException;
                        failed(refused ? WRITE : ANSWER, failure);
                    }
                });
    }

    /** Redis did not answer; the result is to be thrown. */
    SessionException failed(Throwable e) {
        return failed(ANSWER, e);
    }

    private SessionException failed(String operation, Throwable e) {
        failures.increment();
        reachability.failed(operation, e);
        return new SessionException(
                "No session can be read from " + url + ": " + Reachability.reason(e), e);
    }

    SessionStats stats(boolean reachable) {
        return new SessionStats(
                created.sum(), read.sum(), unknown.sum(), written.sum(), failures.sum(), reachable);
    }
}
