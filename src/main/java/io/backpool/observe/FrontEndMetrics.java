package io.backpool.observe;

import io.backpool.balancer.BalancerMember;
import io.backpool.balancer.BalancerStats;
import io.backpool.balancer.HttpdStatus;
import io.backpool.balancer.MemberStatus;
import io.backpool.balancer.SeatFault;
import io.backpool.balancer.Standing;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/**
 * httpd's side, in apache_exporter's names: what each httpd says of its members and of itself. The
 * label {@code httpd} is added to tell several apart, and {@code member}, the route that httpd has,
 * to put both sides together. Reads what the reconcilers saw last; a scrape asks no httpd. Safe for
 * all threads.
 */
final class FrontEndMetrics implements MultiCollector {
    private final Supplier<List<BalancerStats>> frontEnds;

    FrontEndMetrics(Supplier<List<BalancerStats>> frontEnds) {
        this.frontEnds = frontEnds;
    }

    @Override
    public MetricSnapshots collect() {
        List<BalancerStats> now = frontEnds.get();
        if (now.isEmpty()) {
            return MetricSnapshots.of();
        }
        return MetricSnapshots.of(
                gauge(
                        Metric.BALANCER_UP,
                        now,
                        (stats, point) ->
                                point.add(
                                        stats.up() ? 1 : 0,
                                        Labels.of(
                                                "balancer",
                                                stats.config().name(),
                                                "httpd",
                                                httpd(stats)))),
                gauge(Metric.MEMBER_ROTATION, now, FrontEndMetrics::rotation),
                gauge(Metric.PLACE_FAULTS, now, FrontEndMetrics::faults),
                counter(Metric.BALANCER_ACTIONS, now, FrontEndMetrics::actions),
                gauge(
                        Metric.PROXY_STATUS,
                        now,
                        (stats, point) ->
                                members(
                                        stats,
                                        (member, labels) ->
                                                point.add(
                                                        1,
                                                        labels.add(
                                                                "status",
                                                                MemberStatus.words(
                                                                        member.status()))))),
                counter(Metric.PROXY_ACCESSES, now, each(BalancerMember::elected)),
                gauge(Metric.PROXY_BUSY, now, each(BalancerMember::busy)),
                counter(
                        Metric.PROXY_REQUEST_KBYTES,
                        now,
                        each(member -> member.transferred() / 1024.0)),
                counter(Metric.PROXY_RESPONSE_KBYTES, now, each(member -> member.read() / 1024.0)),
                gauge(Metric.APACHE_WORKERS, now, FrontEndMetrics::workers),
                gauge(Metric.APACHE_SCOREBOARD, now, FrontEndMetrics::scoreboard));
    }

    private static void rotation(BalancerStats stats, Points point) {
        for (String route : stats.routes()) {
            String state = stats.standing(route).state();
            for (String each : List.of(Standing.IN, Standing.OUT, Standing.UNKNOWN)) {
                point.add(
                        each.equals(state) ? 1 : 0,
                        Labels.of(
                                "balancer",
                                stats.config().name(),
                                "httpd",
                                httpd(stats),
                                "member",
                                route,
                                "state",
                                each));
            }
        }
    }

    private static void faults(BalancerStats stats, Points point) {
        for (SeatFault.Kind kind : SeatFault.Kind.values()) {
            point.add(
                    (double) stats.faults().stream().filter(fault -> fault.kind() == kind).count(),
                    Labels.of(
                            "balancer", stats.config().name(),
                            "httpd", httpd(stats),
                            "kind", kind.name().toLowerCase(java.util.Locale.ROOT)));
        }
    }

    private static void actions(BalancerStats stats, Points point) {
        stats.actions()
                .forEach(
                        (outcome, count) ->
                                point.add(
                                        count,
                                        Labels.of(
                                                "balancer", stats.config().name(),
                                                "httpd", httpd(stats),
                                                "action", outcome.action(),
                                                "result", outcome.result())));
    }

    private static void workers(BalancerStats stats, Points point) {
        HttpdStatus status = stats.httpd();
        if (status != null) {
            point.add((double) status.busy(), Labels.of("httpd", httpd(stats), "state", "busy"));
            point.add((double) status.idle(), Labels.of("httpd", httpd(stats), "state", "idle"));
        }
    }

    private static void scoreboard(BalancerStats stats, Points point) {
        HttpdStatus status = stats.httpd();
        if (status != null) {
            status.scoreboard()
                    .forEach(
                            (state, threads) ->
                                    point.add(
                                            threads,
                                            Labels.of("httpd", httpd(stats), "state", state)));
        }
    }

    private static BiConsumer<BalancerStats, Points> each(ToDoubleFunction<BalancerMember> value) {
        return (stats, point) ->
                members(stats, (member, labels) -> point.add(value.applyAsDouble(member), labels));
    }

    private static void members(BalancerStats stats, BiConsumer<BalancerMember, Labels> each) {
        for (BalancerMember member : stats.listed()) {
            each.accept(
                    member,
                    Labels.of(
                            "balancer", "balancer://" + stats.config().name(),
                            "httpd", httpd(stats),
                            "member", member.route(),
                            "worker", member.name()));
        }
    }

    private static String httpd(BalancerStats stats) {
        return stats.config().manager().getAuthority();
    }

    private static GaugeSnapshot gauge(
            Metric metric, List<BalancerStats> now, BiConsumer<BalancerStats, Points> read) {
        var gauge = GaugeSnapshot.builder().name(metric.base()).help(metric.help());
        Points points =
                (value, labels) ->
                        gauge.dataPoint(
                                GaugeDataPointSnapshot.builder()
                                        .value(value)
                                        .labels(labels)
                                        .build());
        now.forEach(stats -> read.accept(stats, points));
        return gauge.build();
    }

    private static CounterSnapshot counter(
            Metric metric, List<BalancerStats> now, BiConsumer<BalancerStats, Points> read) {
        var counter = CounterSnapshot.builder().name(metric.base()).help(metric.help());
        Points points =
                (value, labels) ->
                        counter.dataPoint(
                                CounterDataPointSnapshot.builder()
                                        .value(value)
                                        .labels(labels)
                                        .build());
        now.forEach(stats -> read.accept(stats, points));
        return counter.build();
    }

    /** Where values are put. */
    private interface Points {
        void add(double value, Labels labels);
    }
}
