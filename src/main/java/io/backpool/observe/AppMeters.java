package io.backpool.observe;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import io.micrometer.core.instrument.config.MeterFilter;

/** What the application registers beside our own meters. Safe for all threads. */
final class AppMeters {
    private AppMeters() {}

    /**
     * A registry that hands on to {@code ours}.
     *
     * @param member value of the label {@code member}
     */
    static MeterRegistry of(MeterRegistry ours, String member) {
        var meters = new CompositeMeterRegistry();
        meters.config()
                .meterFilter(
                        new MeterFilter() {
                            @Override
                            public Meter.Id map(Meter.Id id) {
                                refuseOurs(id.getName());
                                return id.replaceTags(Tags.of(id.getTags()).and("member", member));
                            }
                        });
        meters.add(ours);
        return meters;
    }

    /** Two meters of one name must have the same labels in Prometheus. */
    private static void refuseOurs(String name) {
        if (Metric.isOurs(name)) {
            throw new IllegalArgumentException(
                    "The meter " + name + " has a name of the pool's own, give it another");
        }
    }
}
