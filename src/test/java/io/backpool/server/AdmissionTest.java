package io.backpool.server;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Turns, threads and refusals, on a clock and with threads of the test's own. */
class AdmissionTest {
    private static final long MILLI = 1_000_000;
    private static final long BOUND = 100 * MILLI;

    private long now = 5_000;
    private int calls;
    private boolean watched;
    private long waited;

    @Test
    void aThreadIsCalledForEachUpToTheProcessorsThenOneWhenOneHasCome() {
        var admission = admission(10, 2, true);
        submit(admission, 5);
        assertThat(calls).isEqualTo(2);

        admission.begin();
        assertThat(calls).isEqualTo(3);
    }

    @Test
    void noMoreThreadsAreCalledThanThereMayBe() {
        var admission = admission(1, 2, true);
        submit(admission, 3);
        assertThat(calls).isEqualTo(1);

        Job first = requireNonNull(admission.begin());
        assertThat(calls).isEqualTo(1);
        assertThat(admission.finished(first)).as("follows on the same thread").isNotNull();
    }

    @Test
    void theOldestIsTheNext() {
        var admission = admission(1, 1, true);
        List<Job> jobs = submit(admission, 3);

        assertThat(admission.begin()).isSameAs(jobs.get(0));
        assertThat(admission.finished(jobs.get(0))).isSameAs(jobs.get(1));
        assertThat(admission.finished(jobs.get(1))).isSameAs(jobs.get(2));
        assertThat(admission.finished(jobs.get(2))).isNull();
    }

    @Test
    void aThreadThatFinishesMakesWayForOneThatIsLate() {
        var admission = admission(10, 1, true);
        List<Job> jobs = submit(admission, 4);
        admission.begin();
        now += Admission.LATE_NANOS + 1;

        assertThat(admission.finished(jobs.get(0))).isNull();
        assertThat(admission.begin()).isSameAs(jobs.get(1));
        assertThat(admission.finished(jobs.get(1))).isSameAs(jobs.get(2));
    }

    @Test
    void aVirtualThreadHasOneRequest() {
        var admission = admission(10, 1, false);
        List<Job> jobs = submit(admission, 2);
        admission.begin();

        assertThat(admission.finished(jobs.get(0))).isNull();
        assertThat(admission.begin()).isSameAs(jobs.get(1));
    }

    @Test
    void aThreadThatFindsNothingDoesNotCount() {
        var admission = admission(1, 1, true);
        submit(admission, 1);
        Job first = requireNonNull(admission.begin());
        submit(admission, 1);
        Job second = requireNonNull(admission.finished(first));
        admission.finished(second);

        for (int i = 0; i < 3; i++) {
            List<Job> more = submit(admission, 1);
            assertThat(admission.begin()).isSameAs(more.get(0));
            assertThat(admission.finished(more.get(0))).isNull();
        }
    }

    @Test
    void whenNoneBeginsWhoWaitsPastTheBoundIsRefusedByTheLimitThatWasHitAndTheNewestIsNext() {
        var admission = admission(1, 2, true);
        List<Job> early = submit(admission, 3);
        admission.begin();
        pass(admission, 200);
        assertThat(early).extracting(job -> job.refusedBy).containsOnlyNulls();
        pass(admission, 60);
        assertThat(early)
                .extracting(job -> job.refusedBy)
                .containsExactly(null, Limit.THREADS, Limit.THREADS);

        Job older = submit(admission, 1).get(0);
        pass(admission, 20);
        Job newer = submit(admission, 1).get(0);
        assertThat(admission.finished(early.get(0))).isSameAs(newer);
        assertThat(admission.finished(newer)).isSameAs(older);
        pass(admission, 1000);
        assertThat(watched).as("over, and nothing waits").isFalse();
    }

    @Test
    void moreThanMayWaitAreRefusedAtOnce() {
        var admission =
                new Admission<Job>(
                        Admission.Size.of(1, Limit.CONCURRENCY, 1, 1, true),
                        BOUND,
                        2,
                        threads(),
                        () -> now);
        assertThat(submit(admission, 4))
                .extracting(job -> job.refusedBy)
                .containsExactly(null, null, null, Limit.QUEUE);
    }

    @Test
    void whoWaitsWhenTheProcessStopsIsRefused() {
        var admission = admission(1, 1, true);
        List<Job> jobs = submit(admission, 2);
        admission.stopped();
        assertThat(jobs).extracting(job -> job.refusedBy).containsOnly(Limit.STOP);
    }

    @Test
    void whenNoThreadCouldBeStartedAnotherOneIsCalledAtTheNextLook() {
        var admission = admission(1, 1, true);
        List<Job> jobs = submit(admission, 1);
        admission.notCalled();
        assertThat(calls).isEqualTo(1);
        pass(admission, 10);
        assertThat(calls).isEqualTo(2);
        assertThat(admission.begin()).isSameAs(jobs.get(0));
    }

    /** A pause of the process is no time in which nothing began. */
    @Test
    void whatWaitedWhileTheProcessStoodStillIsServed() {
        var admission = admission(1, 1, true);
        List<Job> jobs = submit(admission, 3);
        admission.begin();
        pass(admission, 20);
        now += 1000 * MILLI;
        admission.look();

        assertThat(jobs).extracting(job -> job.refusedBy).containsOnlyNulls();
        assertThat(admission.finished(jobs.get(0))).isSameAs(jobs.get(1));
    }

    @Test
    void whereProcessorsAreShortThreeForEachAreAtWorkAndUpToNineOfSlowOnesBeforeAnOverload() {
        var admission = admission(20, 1, true);
        submit(admission, 1);
        Job sample = requireNonNull(admission.begin());
        submit(admission, 12);
        now += 40 * MILLI;
        waited = 20 * MILLI;
        assertThat(admission.finished(sample)).as("a thread that was called is late").isNull();
        List<Job> atWork = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            atWork.add(requireNonNull(admission.begin()));
        }
        assertThat(calls).as("none after the third has begun").isEqualTo(4);
        admission.look();
        assertThat(calls).as("one had ended before that look").isEqualTo(4);
        for (int i = 3; i < 9; i++) {
            admission.look();
            assertThat(calls).as("none had, so one more is called").isEqualTo(i + 2);
            atWork.add(requireNonNull(admission.begin()));
            assertThat(calls).as("and no other").isEqualTo(i + 2);
        }
        admission.look();
        assertThat(calls).as("none after the ninth").isEqualTo(10);
        pass(admission, 100);
        assertThat(calls).as("no sample says so any more").isEqualTo(11);
        admission.notCalled();

        pass(admission, 300);
        admission.notCalled();
        waited = 1000 * MILLI;
        assertThat(admission.finished(atWork.get(0))).isNull();
        submit(admission, 5);
        for (int i = 1; i < 6; i++) {
            assertThat(admission.finished(atWork.get(i))).as("three are at work").isNull();
        }
        assertThat(admission.finished(atWork.get(6))).as("two are").isNotNull();
    }

    private Admission<Job> admission(int max, int processors, boolean reusable) {
        var size = Admission.Size.of(max, Limit.THREADS, processors, 1, reusable);
        return new Admission<>(size, BOUND, 1000, threads(), () -> now);
    }

    private Admission.Threads threads() {
        return new Admission.Threads() {
            @Override
            public void call() {
                calls++;
            }

            @Override
            public void watch() {
                watched = true;
            }

            @Override
            public long waited() {
                return waited;
            }
        };
    }

    private void pass(Admission<Job> admission, int millis) {
        for (int i = 0; i < millis / 10; i++) {
            now += 10 * MILLI;
            watched = watched && admission.look();
        }
    }

    private List<Job> submit(Admission<Job> admission, int count) {
        List<Job> jobs = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            var job = new Job(now);
            jobs.add(job);
            admission.submit(job);
        }
        return jobs;
    }

    private static final class Job extends Admission.Work {
        private @Nullable Limit refusedBy;

        Job(long since) {
            super(since);
        }

        @Override
        InetAddress client() {
            return InetAddress.getLoopbackAddress();
        }

        @Override
        void refuse(Limit limit) {
            assertThat(refusedBy).isNull();
            refusedBy = limit;
        }
    }
}
