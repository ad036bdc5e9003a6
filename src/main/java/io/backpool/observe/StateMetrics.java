package io.backpool.observe;

import io.backpool.observe.PoolView.MemberView;
import io.backpool.server.MemberState;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.InfoSnapshot;
import io.prometheus.metrics.model.snapshots.InfoSnapshot.InfoDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/** Shows the state, share, version and use of memory and CPU of every member; read when scraped. */
final class StateMetrics implements MultiCollector {
    private final Supplier<List<MemberView>> members;

    StateMetrics(Supplier<List<MemberView>> members) {
        this.members = members;
    }

    @Override
    public MetricSnapshots collect() {
        List<MemberView> now = members.get();
        return MetricSnapshots.of(
                states(now),
                versions(now),
                each(now, Metric.MEMBER_SHARE, member -> member.share() / 100.0),
                each(now, Metric.MEMBER_EJECTED, StateMetrics::ejected),
                each(now, Metric.PROCESS_MEMORY, usage(it -> it.memory() > 0 ? it.memory() : -1)),
                each(now, Metric.PROCESS_CPU, usage(it -> it.memory() > 0 ? it.cpu() : -1)),
                each(now, Metric.HEALTH_CHECK, usage(Usage::health)));
    }

    /** A member's own process does not know. */
    private static double ejected(MemberView member) {
        return member.share() == MemberView.UNKNOWN_SHARE ? -1 : member.ejected() == null ? 0 : 1;
    }

    private static GaugeSnapshot states(List<MemberView> members) {
        var gauge =
                GaugeSnapshot.builder()
                        .name(Metric.MEMBER_STATE.base())
                        .help(Metric.MEMBER_STATE.help());
        for (MemberView member : members) {
            for (MemberState state : MemberState.values()) {
                String name = state.name().toLowerCase(Locale.ROOT);
                gauge.dataPoint(
                        GaugeDataPointSnapshot.builder()
                                .labels(Labels.of("member", member.route(), "state", name))
                                .value(member.state().equals(name) ? 1 : 0)
                                .build());
            }
        }
        return gauge.build();
    }

    private static InfoSnapshot versions(List<MemberView> members) {
        var info =
                InfoSnapshot.builder()
                        .name(Metric.MEMBER_INFO.base())
                        .help(Metric.MEMBER_INFO.help());
        for (MemberView member : members) {
            info.dataPoint(
                    InfoDataPointSnapshot.builder()
                            .labels(
                                    Labels.of(
                                            "member", member.route(), "version", member.version()))
                            .build());
        }
        return info.build();
    }

    private static ToDoubleFunction<MemberView> usage(ToDoubleFunction<Usage> value) {
        return member -> value.applyAsDouble(member.usage());
    }

    /** Those that are known: 0 or more. */
    private static GaugeSnapshot each(
            List<MemberView> members, Metric metric, ToDoubleFunction<MemberView> value) {
        var gauge = GaugeSnapshot.builder().name(metric.base()).help(metric.help());
        for (MemberView member : members) {
            double known = value.applyAsDouble(member);
            if (known >= 0) {
                gauge.dataPoint(
                        GaugeDataPointSnapshot.builder()
                                .labels(Labels.of("member", member.route()))
                                .value(known)
                                .build());
            }
        }
        return gauge.build();
    }
}
