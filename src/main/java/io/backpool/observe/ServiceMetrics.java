package io.backpool.observe;

import io.backpool.service.cache.CacheStats;
import io.backpool.service.database.DatabaseStats;
import io.backpool.service.queue.QueueStats;
import io.backpool.service.session.SessionStats;
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
        Metric.CACHE_LOADS.count(registry, Tags.empty(), stats, CacheStats::loads);
    }

    public void addQueue(Supplier<QueueStats> stats) {
        up("queue", stats, QueueStats::reachable);
        messages("published", stats, QueueStats::published);
        messages("done", stats, QueueStats::done);
        messages("retried", stats, QueueStats::retried);
        messages("dead", stats, QueueStats::dead);
        messages("duplicate", stats, QueueStats::duplicates);
        Metric.QUEUE_DEPTH.gauge(
                registry, Tags.empty(), stats, now -> now.depth() < 0 ? Double.NaN : now.depth());
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
        Metric.DATABASE_ACTIVE.gauge(registry, pool, stats, DatabaseStats::active);
        Metric.DATABASE_IDLE.gauge(registry, pool, stats, DatabaseStats::idle);
        Metric.DATABASE_PENDING.gauge(registry, pool, stats, DatabaseStats::pending);
        Metric.DATABASE_MAX.gauge(registry, pool, stats, DatabaseStats::max);
    }

    /** Whether a service did what it was last asked for. */
    private <T> void up(String service, Supplier<T> stats, java.util.function.Predicate<T> isUp) {
        Metric.SERVICE_UP.gauge(
                registry, Tags.of("service", service), stats, now -> isUp.test(now) ? 1 : 0);
    }

    private void cacheRequests(
            String result, Supplier<CacheStats> stats, ToDoubleFunction<CacheStats> value) {
        Tags tags = Tags.of("result", result);
        Metric.CACHE_REQUESTS.count(registry, tags, stats, value);
    }

    private void sessions(
            String outcome, Supplier<SessionStats> stats, ToDoubleFunction<SessionStats> value) {
        Tags tags = Tags.of("outcome", outcome);
        Metric.SESSIONS.count(registry, tags, stats, value);
    }

    private void messages(
            String outcome, Supplier<QueueStats> stats, ToDoubleFunction<QueueStats> value) {
        Tags tags = Tags.of("outcome", outcome);
        Metric.QUEUE_MESSAGES.count(registry, tags, stats, value);
    }
}
