package io.backpool.pool;

import io.backpool.observe.Traffic;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** What one run answered in the last ten seconds, by a look a second. Used by the pool's thread. */
final class RecentTraffic {
    static final Duration WINDOW = Duration.ofSeconds(10);

    /** Of these there are as many as there were looks: a few. */
    private final List<Sample> samples = new ArrayList<>();

    private record Sample(long time, Traffic traffic) {}

    void add(long now, Traffic traffic) {
        samples.add(new Sample(now, traffic));
        while (samples.size() > 2 && now - samples.get(0).time > WINDOW.toNanos()) {
            samples.remove(0);
        }
    }

    /** Whether this can be the same run's: its counts did not become less. */
    boolean mayBeFollowedBy(Traffic traffic) {
        return samples.isEmpty()
                || samples.get(samples.size() - 1).traffic.requests() <= traffic.requests();
    }

    /**
     * Whether there were enough looks for {@link #older} and {@link #newer} to be a few seconds.
     */
    boolean isLong() {
        return samples.size() >= WINDOW.toSeconds() - 1;
    }

    Flow all() {
        return between(0, samples.size() - 1);
    }

    Flow older() {
        return between(0, samples.size() / 2);
    }

    Flow newer() {
        return between(samples.size() / 2, samples.size() - 1);
    }

    private Flow between(int from, int to) {
        return Flow.between(samples.get(from).traffic, samples.get(to).traffic);
    }
}
