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
        count(Metric.CACHE_LOADS, Tags.empty(), stats, CacheStats::loads);
    }

    public void addQueue(Supplier<QueueStats> stats) {
        up("queue", stats, QueueStats::reachable);
        messages("published", stats, QueueStats::published);
        messages("done", stats, QueueStats::done);
        messages("retried", stats, QueueStats::retried);
        messages("dead", stats, QueueStats::dead);
        messages("duplicate", stats, QueueStats::duplicates);
        gauge(
                Metric.QUEUE_DEPTH,
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
        gauge(Metric.DATABASE_ACTIVE, pool, stats, DatabaseStats::active);
        gauge(Metric.DATABASE_IDLE, pool, stats, DatabaseStats::idle);
        gauge(Metric.DATABASE_PENDING, pool, stats, DatabaseStats::pending);
        gauge(Metric.DATABASE_MAX, pool, stats, DatabaseStats::max);
    }

    /** Whether a service did what it was last asked for. */
    private <T> void up(String service, Supplier<T> stats, java.util.function.Predicate<T> isUp) {
        gauge(Metric.SERVICE_UP, Tags.of("service", service), stats, now -> isUp.test(now) ? 1 : 0);
    }

    private void cacheRequests(
            String result, Supplier<CacheStats> stats, ToDoubleFunction<CacheStats> value) {
        Tags tags = Tags.of("result", result);
        count(Metric.CACHE_REQUESTS, tags, stats, value);
    }

    private void sessions(
            String outcome, Supplier<SessionStats> stats, ToDoubleFunction<SessionStats> value) {
        Tags tags = Tags.of("outcome", outcome);
        count(Metric.SESSIONS, tags, stats, value);
    }

    private void messages(
            String outcome, Supplier<QueueStats> stats, ToDoubleFunction<QueueStats> value) {
        Tags tags = Tags.of("outcome", outcome);
        count(Metric.QUEUE_MESSAGES, tags, stats, value);
    }

    private <T> void count(Metric metric, Tags tags, Supplier<T> stats, ToDoubleFunction<T> value) {
        FunctionCounter.builder(metric.base(), stats, now -> value.applyAsDouble(now.get()))
                .description(metric.help())
                .tags(tags)
                .register(registry);
    }

    private <T> void gauge(Metric metric, Tags tags, Supplier<T> stats, ToDoubleFunction<T> value) {
        Gauge.builder(metric.base(), stats, now -> value.applyAsDouble(now.get()))
                .description(metric.help())
                .strongReference(true)
                .tags(tags)
                .register(registry);
    }
}
