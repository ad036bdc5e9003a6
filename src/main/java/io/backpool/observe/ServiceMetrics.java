package io.backpool.observe;

import io.backpool.service.cache.CacheStats;
import io.backpool.service.database.DatabaseStats;
import io.backpool.service.queue.QueueStats;
import io.backpool.service.session.SessionStats;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/** Shows what the services count, once they are opened; read when scraped. Safe for all threads. */
public final class ServiceMetrics {
    private final MeterRegistry registry;

    ServiceMetrics(MeterRegistry registry) {
        this.registry = registry;
    }

    public void addCache(Supplier<CacheStats> stats) {
        up("cache", stats, CacheStats::reachable);
        cacheRequests("hit", stats, CacheStats::hits);
        cacheRequests("stale", stats, CacheStats::staleHits);
        cacheRequests("miss", stats, CacheStats::misses);
        count(MetricNames.CACHE_LOADS, "Computations", Tags.empty(), stats, CacheStats::loads);
    }

    public void addQueue(Supplier<QueueStats> stats) {
        up("queue", stats, QueueStats::reachable);
        messages("published", stats, QueueStats::published);
        messages("done", stats, QueueStats::done);
        messages("retried", stats, QueueStats::retried);
        messages("dead", stats, QueueStats::dead);
        messages("duplicate", stats, QueueStats::duplicates);
        gauge(
                MetricNames.QUEUE_DEPTH,
                "Messages of all processes that wait; NaN while the engine does not say",
                Tags.empty(),
                stats,
                now -> now.depth() < 0 ? Double.NaN : now.depth());
    }

    public void addSessions(Supplier<SessionStats> stats) {
        up("sessions", stats, SessionStats::reachable);
        sessions("created", stats, SessionStats::created);
        sessions("found", stats, SessionStats::read);
        sessions("unknown", stats, SessionStats::unknown);
        sessions("written", stats, SessionStats::written);
        sessions("failed", stats, SessionStats::failures);
    }

    /** By the names that HikariCP's own metrics have. */
    public void addDatabase(Supplier<DatabaseStats> stats) {
        up("database", stats, DatabaseStats::reachable);
        Tags pool = Tags.of("pool", "database");
        gauge(
                MetricNames.DATABASE_ACTIVE,
                "Active connections",
                pool,
                stats,
                DatabaseStats::active);
        gauge(MetricNames.DATABASE_IDLE, "Idle connections", pool, stats, DatabaseStats::idle);
        gauge(MetricNames.DATABASE_PENDING, "Pending threads", pool, stats, DatabaseStats::pending);
        gauge(MetricNames.DATABASE_MAX, "Max connections", pool, stats, DatabaseStats::max);
    }

    /** Whether a service did what it was last asked for. */
    private <T> void up(String service, Supplier<T> stats, java.util.function.Predicate<T> isUp) {
        gauge(
                MetricNames.SERVICE_UP,
                "1 if the service did what it was last asked for",
                Tags.of("service", service),
                stats,
                now -> isUp.test(now) ? 1 : 0);
    }

    private void cacheRequests(
            String result, Supplier<CacheStats> stats, ToDoubleFunction<CacheStats> value) {
        Tags tags = Tags.of("result", result);
        count(MetricNames.CACHE_REQUESTS, "Requests to the cache", tags, stats, value);
    }

    private void sessions(
            String outcome, Supplier<SessionStats> stats, ToDoubleFunction<SessionStats> value) {
        Tags tags = Tags.of("outcome", outcome);
        count(MetricNames.SESSIONS, "What was done with sessions", tags, stats, value);
    }

    private void messages(
            String outcome, Supplier<QueueStats> stats, ToDoubleFunction<QueueStats> value) {
        Tags tags = Tags.of("outcome", outcome);
        count(MetricNames.QUEUE_MESSAGES, "Messages", tags, stats, value);
    }

    private <T> void count(
            String name,
            String description,
            Tags tags,
            Supplier<T> stats,
            ToDoubleFunction<T> value) {
        FunctionCounter.builder(name, stats, now -> value.applyAsDouble(now.get()))
                .description(description)
                .tags(tags)
                .register(registry);
    }

    private <T> void gauge(
            String name,
            String description,
            Tags tags,
            Supplier<T> stats,
            ToDoubleFunction<T> value) {
        Gauge.builder(name, stats, now -> value.applyAsDouble(now.get()))
                .description(description)
                .strongReference(true)
                .tags(tags)
                .register(registry);
    }
}
