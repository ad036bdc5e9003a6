package io.backpool.observe;

import io.backpool.server.AdmissionStats;
import io.backpool.server.Limit;
import io.micrometer.core.instrument.Tags;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.prometheus.metrics.model.registry.Collector;
import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;

/**
 * What became of requests for blocking work: how many began, waited and were refused by which
 * limit, and how long they waited. Read from the members when scraped. Safe for all threads.
 */
final class AdmissionMetrics implements Collector {
    private final PrometheusMeterRegistry registry;

    /** By route. */
    private final Map<String, Supplier<AdmissionStats>> members = new ConcurrentSkipListMap<>();

    AdmissionMetrics(PrometheusMeterRegistry registry) {
        this.registry = registry;
        registry.getPrometheusRegistry().register(this);
    }

    void add(String route, Supplier<AdmissionStats> stats) {
        members.put(route, stats);
        Tags tags = Tags.of("member", route);
        Metric.CONCURRENCY_LIMIT.gauge(registry, tags, stats, AdmissionStats::limit);
        Metric.ADMISSION_QUEUE.gauge(registry, tags, stats, AdmissionStats::waiting);
        outcome(tags.and("outcome", "admitted"), stats, AdmissionStats::admitted);
        outcome(tags.and("outcome", "queued"), stats, AdmissionStats::queued);
        outcome(tags.and("outcome", "shed"), stats, AdmissionStats::shed);
        for (Limit limit : Limit.values()) {
            Metric.ADMISSION_SHED.count(
                    registry,
                    tags.and("limit", limit.setting()),
                    stats,
                    now -> Objects.requireNonNullElse(now.shedBy().get(limit), 0L));
        }
    }

    /** The meters go with all others of the member. */
    void remove(String route) {
        members.remove(route);
    }

    private void outcome(
            Tags tags, Supplier<AdmissionStats> stats, ToDoubleFunction<AdmissionStats> value) {
        Metric.ADMISSION.count(registry, tags, stats, value);
    }

    @Override
    public HistogramSnapshot collect() {
        var waits =
                HistogramSnapshot.builder()
                        .name(Metric.ADMISSION_WAIT.base())
                        .help(Metric.ADMISSION_WAIT.help());
        members.forEach((route, stats) -> waits.dataPoint(point(route, stats.get())));
        return waits.build();
    }

    private static HistogramDataPointSnapshot point(String route, AdmissionStats stats) {
        double[] upperBounds =
                Stream.concat(
                                AdmissionStats.BUCKETS_MILLIS.stream().map(millis -> millis / 1e3),
                                Stream.of(Double.POSITIVE_INFINITY))
                        .mapToDouble(Double::doubleValue)
                        .toArray();
        long[] counts = stats.waits().stream().mapToLong(Long::longValue).toArray();
        return HistogramDataPointSnapshot.builder()
                .labels(Labels.of("member", route))
                .classicHistogramBuckets(ClassicHistogramBuckets.of(upperBounds, counts))
                .sum(stats.waitNanos() / 1e9)
                .build();
    }
}
