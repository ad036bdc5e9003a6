package io.backpool.pool;

import io.backpool.observe.Traffic;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Which members are sick, judged by what they answered in the last ten seconds, and how long each
 * is kept ejected. Judges by comparison only: what most members suffer from is no member's own
 * fault. Ejects no more than a third of those that serve. Has no clock of its own. Used by the
 * pool's thread.
 */
final class Ejection {
    /** Between two looks. */
    private static final Duration PAUSE = Duration.ofSeconds(1);

    /** Of the first ejection; the second in a row is twice as long, and so on. */
    static final Duration FIRST = Duration.ofSeconds(30);

    /** No ejection is longer, and one that begins so long after another is the first again. */
    static final Duration LONGEST = Duration.ofMinutes(5);

    /**
     * Members report at different moments: in the first second of an outage of something that all
     * need, one may seem to be alone with it.
     */
    static final int SICK_LOOKS = 3;

    private Map<String, Watched> members = new HashMap<>();
    private @Nullable Long lastLook;

    /**
     * A member that gets new clients.
     *
     * @param run which of the member's; the next one begins as unknown
     * @param isWarm whether its slow start is over; before that it may be slow
     * @param traffic since the run began
     */
    record Observed(String route, int run, boolean isWarm, Traffic traffic) {}

    /** Whether it is time for another look. */
    boolean isDue(long now) {
        return lastLook == null || now - lastLook >= PAUSE.toNanos();
    }

    /**
     * Judges them; a member that is not among them is forgotten.
     *
     * @param now nanoseconds of a clock that only goes forward
     */
    void look(long now, List<Observed> observed) {
        lastLook = now;
        Map<String, Watched> known = members;
        members = new HashMap<>();
        for (Observed one : observed) {
            Watched before = known.get(one.route());
            members.put(
                    one.route(),
                    before != null && before.isOf(one) ? before : new Watched(one.run()));
        }
        observed.forEach(one -> watched(one).see(now, one));
        List<Watched> inUse =
                new ArrayList<>(
                        observed.stream()
                                .map(this::watched)
                                .filter(it -> !it.isEjected())
                                .toList());
        int more = members.size() / 3 - (members.size() - inUse.size());
        for (Watched one : List.copyOf(inUse)) {
            one.judge(inUse.stream().filter(it -> it != one).toList());
            if (more > 0 && one.sickLooks >= SICK_LOOKS) {
                one.eject(now);
                inUse.remove(one);
                more--;
            }
        }
        members.values().forEach(it -> it.mayComeBack(now, inUse));
    }

    private Watched watched(Observed one) {
        return Objects.requireNonNull(members.get(one.route()));
    }

    /** Why the member is ejected, to follow its route; null: it is not. */
    @Nullable String reason(String route) {
        Watched one = members.get(route);
        return one != null && one.isEjected() ? one.reason : null;
    }

    /** What is known of one run of a member. */
    private static final class Watched {
        private final int run;
        private final RecentTraffic recent = new RecentTraffic();
        private boolean isWarm;

        /** What is wrong, or was when it was ejected; null: nothing. */
        private @Nullable String reason;

        private int sickLooks;

        /** In a row. */
        private int ejections;

        /** When it may come back; null: it is not ejected. */
        private @Nullable Long until;

        /** When the last ejection ended; null: there was none lately. */
        private @Nullable Long back;

        Watched(int run) {
            this.run = run;
        }

        boolean isOf(Observed seen) {
            return seen.run() == run && recent.mayBeFollowedBy(seen.traffic());
        }

        void see(long now, Observed seen) {
            isWarm = seen.isWarm();
            recent.add(now, seen.traffic());
            if (back != null && now - back > LONGEST.toNanos()) {
                back = null;
                ejections = 0;
            }
        }

        boolean isEjected() {
            return until != null;
        }

        void judge(List<Watched> others) {
            reason = failure(others);
            if (reason == null) {
                reason = slowness(others);
            }
            sickLooks = reason == null ? 0 : sickLooks + 1;
        }

        private @Nullable String failure(List<Watched> others) {
            Flow flow = recent.all();
            long well = others.stream().filter(it -> it.recent.all().isKnownToBeWell()).count();
            return flow.requests() >= Flow.ENOUGH && flow.mostlyFails() && well * 2 > others.size()
                    ? "answered %d of its last %d requests with 5xx, the others are well"
                            .formatted(flow.errors(), flow.requests())
                    : null;
        }

        /** Twice: many long requests that end together are not enough. */
        private @Nullable String slowness(List<Watched> others) {
            if (!isWarm || !recent.isLong() || recent.all().requests() < Flow.ENOUGH) {
                return null;
            }
            Flow now = recent.newer();
            Flow othersNow = sum(others, RecentTraffic::newer);
            return sum(others, RecentTraffic::all).requests() >= Flow.ENOUGH
                            && now.isSlowBeside(othersNow)
                            && recent.older().isSlowBeside(sum(others, RecentTraffic::older))
                    ? "takes over %d ms for half of its requests, the others less than %d ms"
                            .formatted(
                                    now.longerThan().toMillis(),
                                    othersNow.noLongerThan().toMillis())
                    : null;
        }

        private static Flow sum(List<Watched> members, Function<RecentTraffic, Flow> part) {
            return members.stream().map(it -> part.apply(it.recent)).reduce(Flow.NONE, Flow::plus);
        }

        void eject(long now) {
            ejections++;
            back = null;
            sickLooks = 0;
            long pause = Math.min(FIRST.toNanos() * ejections, LONGEST.toNanos());
            until = now + pause;
        }

        /** The few requests that it still gets are a test; there may be none. */
        void mayComeBack(long now, List<Watched> others) {
            Flow test = recent.all();
            if (until != null
                    && now - until >= 0
                    && !test.mostlyFails()
                    && !test.isSlowBeside(sum(others, RecentTraffic::all))) {
                until = null;
                back = now;
            }
        }
    }
}
