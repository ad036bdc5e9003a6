package io.backpool.observe;

import io.backpool.observe.PoolView.MemberView;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the pool answered in each of the last 900 seconds. Its own thread looks once a second; safe
 * for all threads.
 */
final class History implements AutoCloseable {
    static final int SECONDS = 900;

    private static final Logger LOG = LoggerFactory.getLogger(History.class);

    private final Supplier<List<MemberView>> members;

    /** Oldest first. Guarded by this. */
    private final Deque<Second> seconds = new ArrayDeque<>();

    /** By route. Used by the thread that looks. */
    private Map<String, MemberView> before = Map.of();

    private final ScheduledExecutorService clock =
            Executors.newSingleThreadScheduledExecutor(
                    task -> {
                        var thread = new Thread(task, "history");
                        thread.setDaemon(true);
                        return thread;
                    });

    History(Supplier<List<MemberView>> members) {
        this.members = members;
    }

    void start() {
        var unused = clock.scheduleAtFixedRate(this::tryLook, 1, 1, TimeUnit.SECONDS);
    }

    private void tryLook() {
        try {
            look(System.currentTimeMillis());
        } catch (RuntimeException e) {
            LOG.warn("a second of the status page's history is missing", e);
        }
    }

    /**
     * Adds the time since the last look.
     *
     * @param at milliseconds since 1970
     */
    void look(long at) {
        Map<String, MemberView> now = new HashMap<>();
        long requests = 0;
        long errors = 0;
        long refused = 0;
        int inFlight = 0;
        int serving = 0;
        long[] buckets = new long[RequestTimer.BUCKETS.length];
        for (MemberView member : members.get()) {
            now.put(member.route(), member);
            inFlight += Math.max(0, member.inFlight());
            serving += member.state().equals("serving") ? 1 : 0;
            Traffic from = from(member);
            Traffic to = member.traffic();
            requests += to.requests() - from.requests();
            errors += Math.max(0, to.errors() - from.errors());
            refused += Math.max(0, to.shed() - from.shed());
            for (int i = 0; i < to.buckets().size(); i++) {
                buckets[i] +=
                        to.buckets().get(i)
                                - (i < from.buckets().size() ? from.buckets().get(i) : 0);
            }
        }
        boolean first = before.isEmpty();
        before = now;
        if (!first) {
            add(
                    new Second(
                            at,
                            requests,
                            errors,
                            refused,
                            inFlight,
                            serving,
                            quantile(buckets, requests, 0.5),
                            quantile(buckets, requests, 0.99)));
        }
    }

    /** What is not counted again: a member that is new counts from now, a new process from zero. */
    private Traffic from(MemberView member) {
        MemberView seen = before.get(member.route());
        if (seen == null) {
            return member.traffic();
        }
        boolean same =
                seen.pid() == member.pid()
                        && seen.traffic().requests() <= member.traffic().requests();
        return same ? seen.traffic() : Traffic.NONE;
    }

    /** Milliseconds; within a bucket requests lie evenly, as for histogram_quantile. */
    static @Nullable Double quantile(long[] buckets, long requests, double share) {
        double rank = share * requests;
        double below = 0;
        double low = 0;
        if (requests <= 0) {
            return null;
        }
        for (int i = 0; i < buckets.length; i++) {
            double high = RequestTimer.BUCKETS[i].toNanos() / 1e6;
            if (buckets[i] >= rank) {
                return low + (high - low) * (rank - below) / Math.max(1, buckets[i] - below);
            }
            below = buckets[i];
            low = high;
        }
        return low;
    }

    private synchronized void add(Second second) {
        if (seconds.size() == SECONDS) {
            seconds.removeFirst();
        }
        seconds.addLast(second);
    }

    /** Oldest first. */
    synchronized List<Second> seconds() {
        return List.copyOf(seconds);
    }

    synchronized @Nullable Second last() {
        return seconds.peekLast();
    }

    @Override
    public void close() {
        clock.shutdownNow();
    }

    /**
     * One second of all members together.
     *
     * @param at its end, milliseconds since 1970
     * @param requests answered
     * @param errors of these, answered with 500 or more by the application
     * @param refused of these, answered 503 since there were too many
     * @param inFlight at its end
     * @param serving members that took new clients at its end
     * @param p50 milliseconds within which half were answered; null: none was
     * @param p99 the same for 99 of 100
     */
    record Second(
            long at,
            long requests,
            long errors,
            long refused,
            int inFlight,
            int serving,
            @Nullable Double p50,
            @Nullable Double p99) {}
}
