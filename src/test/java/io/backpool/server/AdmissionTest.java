package io.backpool.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The logic of admission, on a clock and on processors of the test's own. */
class AdmissionTest {
    private static final long MILLI = 1_000_000;

    private long now = 5_000;
    private double load;
    private double share = 1;
    private final List<Job> jobs = new ArrayList<>();

    private final CpuLoad cpu =
            new CpuLoad() {
                @Override
                public double system() {
                    return load;
                }

                @Override
                public double process() {
                    return load * share;
                }
            };

    @Test
    void workBeginsUpToTheLimitThenWaitsThenIsShed() {
        Admission<Job> admission = admission(2, 2, 3);

        List<Job> all = submit(admission, 6);

        assertThat(all)
                .extracting(job -> job.state)
                .containsExactly("begun", "begun", "", "", "", "shed");
    }

    @Test
    void whoeverCameFirstIsNext() {
        Admission<Job> admission = admission(1, 1, 2);
        List<Job> all = submit(admission, 3);

        finish(admission);
        assertThat(all).extracting(job -> job.state).containsExactly("begun", "waited", "");
        finish(admission);
        assertThat(all).extracting(job -> job.state).containsExactly("begun", "waited", "waited");
    }

    @Test
    void whoeverIsNextFollowsOnTheThreadThatIsFree() {
        Admission<Job> admission = admission(1, 1, 2);
        List<Job> all = submit(admission, 2);

        assertThat(admission.finished()).isSameAs(all.get(1));
        assertThat(all.get(1).state).as("was not told to find a thread").isEmpty();
        assertThat(admission.finished()).isNull();
    }

    @Test
    void whatIsFinishedMakesRoom() {
        Admission<Job> admission = admission(1, 1, 0);
        submit(admission, 1);
        finish(admission);

        assertThat(submit(admission, 2))
                .extracting(job -> job.state)
                .containsExactly("begun", "shed");
    }

    @Test
    void aRequestThatIsOlderThanItsClientWaitsIsDroppedNotBegun() {
        Admission<Job> admission = admission(1, 1, 5);
        List<Job> old = submit(admission, 3);
        now += Duration.ofSeconds(61).toNanos();
        List<Job> fresh = submit(admission, 1);
        finish(admission);

        assertThat(old).extracting(job -> job.state).containsExactly("begun", "shed", "shed");
        assertThat(fresh).extracting(job -> job.state).containsExactly("waited");
    }

    @Test
    void aLongQueueIsPatientWhileProcessorsAreIdle() {
        Admission<Job> admission = admission(1, 1, 5);
        List<Job> all = submit(admission, 2);
        now += Duration.ofSeconds(50).toNanos();
        finish(admission);

        assertThat(all.get(1).state).isEqualTo("waited");
    }

    @Test
    void aStandingQueueIsKeptShortWhileWeUseUpTheProcessors() {
        Admission<Job> admission = admission(2, 2, 5);
        List<Job> all = submit(admission, 6);
        load = 1;
        now += ConcurrencyLimit.PERIOD_NANOS;
        List<Job> later = submit(admission, 1);

        assertThat(all)
                .extracting(job -> job.state)
                .as("whoever waited longest is nearest to giving up")
                .containsExactly("begun", "begun", "shed", "shed", "", "");
        assertThat(later).extracting(job -> job.state).containsExactly("shed");
        finish(admission);
        assertThat(submit(admission, 2)).extracting(job -> job.state).containsExactly("", "shed");
    }

    @Test
    void aBurstMayWaitWhileWeUseUpTheProcessors() {
        Admission<Job> admission = admission(1, 1, 5);
        load = 1;
        submit(admission, 1);
        now += ConcurrencyLimit.PERIOD_NANOS;
        finish(admission);

        assertThat(submit(admission, 6))
                .extracting(job -> job.state)
                .containsExactly("begun", "", "", "", "", "");
    }

    /** Each sends its next request when it has the answer: nobody is turned away. */
    @Test
    void aFewClientsAreNeverShedHoweverLongTheWorkTakes() {
        Admission<Job> admission = admission(4, 1000, 256);
        load = 1;
        List<Job> all = new ArrayList<>(submit(admission, 8));
        for (int i = 0; i < 1000; i++) {
            now += Duration.ofMillis(700).toNanos();
            finish(admission);
            all.addAll(submit(admission, 1));
        }
        assertThat(all).extracting(job -> job.state).doesNotContain("shed");
    }

    @Test
    void theLimitShrinksOnlyWhereWeUseUpTheProcessors() {
        for (double[] idle : new double[][] {{0.8, 1.0}, {1.0, 0.2}}) {
            load = idle[0];
            share = idle[1];
            assertThat(limitAfter(20)).isEqualTo(100);
        }
        load = 1;
        share = 0.6;
        assertThat(limitAfter(20)).isEqualTo(4);
    }

    @Test
    void theLimitStaysWhereLittleIsLeftOfTheProcessors() {
        var limit = new ConcurrencyLimit(4, 100, cpu, now);
        int first = limit.current();
        load = 0.9;
        look(limit, 20);
        assertThat(limit.current()).isEqualTo(first);
        load = 1;
        look(limit, 20);
        load = 0.9;
        look(limit, 20);
        assertThat(limit.current()).isEqualTo(4);
    }

    @Test
    void theLimitOpensUpWhenProcessorsAreIdleAndSomebodyWaits() {
        var limit = new ConcurrencyLimit(4, 100, cpu, now);
        load = 1;
        look(limit, 20);
        assertThat(limit.current()).isEqualTo(4);
        load = 0.5;

        for (int i = 0; i < 20; i++) {
            now += ConcurrencyLimit.PERIOD_NANOS;
            limit.observe(1, now);
        }
        assertThat(limit.current()).as("nobody waits").isEqualTo(4);
        look(limit, 12);
        assertThat(limit.current()).isEqualTo(100);
    }

    /** 5 ms of processor time each on 2 processors: 400 a second are possible. */
    @Test
    void underFourTimesTheCapacityGoodputAndLatencyHold() {
        Outcome alone = simulate(40, 0);
        Outcome flood = simulate(1600, 0);

        assertThat(alone.shed).isZero();
        assertThat(flood.answered).as("%s %s", alone, flood).isGreaterThan(0.9 * 400);
        assertThat(flood.p99Millis)
                .as("%s %s", alone, flood)
                .isLessThan(5 * Math.max(5, alone.p99Millis));
        assertThat(flood.shedP99Millis).as("%s %s", alone, flood).isLessThan(20);
    }

    @Test
    void requestsThatOnlyWaitAreNeverShed() {
        // 1 ms of processor time and 200 ms of waiting, 300 a second: 60 at once.
        Outcome waiting = simulate(300, 200);

        assertThat(waiting.shed).isZero();
    }

    /** What came of ten seconds, the first two left out. */
    private record Outcome(double answered, int shed, double p99Millis, double shedP99Millis) {}

    /** Two processors in turns of 0.1 ms; {@code waitMillis} of each request need none. */
    private Outcome simulate(int perSecond, int waitMillis) {
        now = 0;
        jobs.clear();
        var random = new Random(7);
        Admission<Job> admission =
                new Admission<>(
                        new ConcurrencyLimit(4, 1000, cpu, now),
                        256,
                        Duration.ofSeconds(60),
                        () -> now);
        List<Double> answered = new ArrayList<>();
        List<Double> refused = new ArrayList<>();
        List<Job> running = new ArrayList<>();
        long step = MILLI / 10;
        double busy = 0;
        long seen = 0;
        double next = 0;
        while (now < 10_000 * MILLI) {
            now += step;
            long before = now / ConcurrencyLimit.PERIOD_NANOS;
            for (next -= step / 1e9 * perSecond;
                    next <= 0;
                    next += -Math.log(1 - random.nextDouble())) {
                var job = new Job(now);
                job.cpu = (waitMillis == 0 ? 5 : 1) * MILLI;
                job.until = now + waitMillis * MILLI;
                jobs.add(job);
                admission.submit(job);
                running.add(job);
            }
            List<Job> wanting =
                    running.stream().filter(j -> j.isBegun() && j.until <= now).toList();
            busy += Math.min(1, wanting.size() / 2.0);
            seen++;
            if (before != (now + step) / ConcurrencyLimit.PERIOD_NANOS) {
                load = busy / seen;
                busy = 0;
                seen = 0;
            }
            long slice =
                    wanting.isEmpty() ? 0 : step * Math.min(2, wanting.size()) / wanting.size();
            wanting.forEach(job -> job.cpu -= slice);
            for (Iterator<Job> i = List.copyOf(running).iterator(); i.hasNext(); ) {
                Job job = i.next();
                double millis = (now - job.since) / (double) MILLI;
                boolean counts = now > 2_000 * MILLI;
                if (job.state.equals("shed")) {
                    running.remove(job);
                    if (counts) {
                        refused.add(millis);
                    }
                } else if (job.isBegun() && job.cpu <= 0) {
                    running.remove(job);
                    finish(admission);
                    if (counts) {
                        answered.add(millis);
                    }
                }
            }
        }
        return new Outcome(answered.size() / 8.0, refused.size(), p99(answered), p99(refused));
    }

    private static double p99(List<Double> values) {
        double[] sorted = values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        return sorted.length == 0
                ? 0
                : Arrays.stream(sorted).skip(sorted.length * 99L / 100).min().orElseThrow();
    }

    private int limitAfter(int looks) {
        var limit = new ConcurrencyLimit(4, 100, cpu, now);
        look(limit, looks);
        return limit.current();
    }

    private void look(ConcurrencyLimit limit, int looks) {
        for (int i = 0; i < looks; i++) {
            now += ConcurrencyLimit.PERIOD_NANOS;
            limit.observe(1000, now);
        }
    }

    private Admission<Job> admission(int min, int max, int queue) {
        return new Admission<>(
                new ConcurrencyLimit(min, max, cpu, now), queue, Duration.ofSeconds(60), () -> now);
    }

    /** Whoever may follow begins, as it would on the same thread. */
    private static void finish(Admission<Job> admission) {
        Job next = admission.finished();
        if (next != null) {
            next.begin(true);
        }
    }

    private List<Job> submit(Admission<Job> admission, int count) {
        List<Job> submitted = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            submitted.add(new Job(now));
        }
        submitted.forEach(admission::submit);
        return submitted;
    }

    private static final class Job implements Admission.Work {
        private final long since;
        private String state = "";
        private long cpu;
        private long until;

        Job(long since) {
            this.since = since;
        }

        boolean isBegun() {
            return state.equals("begun") || state.equals("waited");
        }

        @Override
        public long since() {
            return since;
        }

        @Override
        public void begin(boolean waited) {
            assertThat(state).isEmpty();
            state = waited ? "waited" : "begun";
        }

        @Override
        public void shed() {
            assertThat(state).isEmpty();
            state = "shed";
        }
    }
}
