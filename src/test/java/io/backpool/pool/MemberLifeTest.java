package io.backpool.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.backpool.pool.Member.Ending;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One member: starts, crashes, hangs, leaves. */
class MemberLifeTest {
    @TempDir private Path directory;

    @Test
    void aMemberThatIsReadyIsPutInAndServesWhenHttpdAgrees() {
        try (var world = new TestWorld(directory, 1)) {
            world.httpd.answers = false;
            world.pass(Duration.ofSeconds(1));
            assertThat(world.life(1).state()).isEqualTo(LifeState.JOINING);
            world.httpd.answers = true;
            world.pass(Duration.ofSeconds(1));
            assertThat(world.life(1).state()).isEqualTo(LifeState.SERVING);
            assertThat(world.httpd.changes).containsExactly("m1 in");
        }
    }

    @Test
    void withoutAnAnswerFromHttpdItServesAllTheSame() {
        try (var world = new TestWorld(directory, 1)) {
            world.httpd.answers = false;
            world.pass(MemberLife.LONGEST_AGREEMENT.plusSeconds(1));
            assertThat(world.life(1).state()).isEqualTo(LifeState.SERVING);
        }
    }

    @Test
    void oneThatCrashesIsTakenOutAndStartedAgain() {
        try (var world = TestWorld.serving(directory, 2)) {
            world.members.last(1).end("signal");
            world.passWithoutRuns(Duration.ofMillis(60));
            assertThat(world.httpd.changes).containsExactly("m1 disabled");
            assertThat(world.life(1).state()).isEqualTo(LifeState.WAITING);
            world.pass(Duration.ofSeconds(2));
            assertThat(world.life(1).state()).isEqualTo(LifeState.SERVING);
            assertThat(world.life(1).starts()).isEqualTo(2);
        }
    }

    @Test
    void oneThatEndsByItselfIsTakenOutFirstAndStartedAgain() {
        try (var world = TestWorld.serving(directory, 2)) {
            FakeMembers.Run leaving = world.members.last(1);
            leaving.leaving = true;
            world.passWithoutRuns(Duration.ofSeconds(1));
            assertThat(world.httpd.changes).containsExactly("m1 disabled");
            assertThat(leaving.commands).endsWith("drain", "leave");
            leaving.end("exit");
            world.pass(Duration.ofSeconds(2));
            assertThat(world.life(1).state()).isEqualTo(LifeState.SERVING);
            assertThat(world.life(1).starts()).isEqualTo(2);
        }
    }

    @Test
    void oneThatOnlySaysThatItEndsIsEnded() {
        try (var world = TestWorld.serving(directory, 2, "pool.drain-timeout=30s")) {
            world.members.last(1).leaving = true;
            world.passWithoutRuns(Duration.ofSeconds(37));
            assertThat(world.members.last(1).commands).endsWith("leave", "TERM");
        }
    }

    @Test
    void aNewRunGetsATenthOfItsShareFirstAndTheWholeAfterTheSlowStart() {
        try (var world = TestWorld.serving(directory, 2, "pool.slow-start=30s")) {
            world.pass(Duration.ofSeconds(30));
            assertThat(world.httpd.shares).isEqualTo(Map.of(1, 100, 2, 100));
            world.members.last(1).end("signal");
            List<Integer> seen = new ArrayList<>();
            for (int i = 0; i < 45; i++) {
                world.pass(Duration.ofSeconds(1));
                seen.add(world.life(1).share());
                assertThat(world.life(1).share()).isIn(0, world.httpd.shares.get(1));
            }
            seen.removeIf(share -> share == 0);
            assertThat(seen).startsWith(10).isSorted().contains(40, 55, 70).endsWith(100, 100);
            assertThat(seen.stream().distinct()).hasSize(31);
            assertThat(world.httpd.shares).containsEntry(2, 100);
        }
    }

    @Test
    void oneThatIsResumedOrReadyAgainIsWarm() throws Exception {
        try (var world = TestWorld.serving(directory, 2, "pool.slow-start=30s")) {
            world.pass(Duration.ofSeconds(30));
            world.life(1).drain();
            world.pass(Duration.ofSeconds(5));
            assertThat(world.life(1).share()).isZero();
            world.life(1).resume();
            world.members.last(2).ready = false;
            world.passWithoutRuns(Duration.ofSeconds(1));
            world.pass(Duration.ofSeconds(1));
            assertThat(world.life(1).share()).isEqualTo(100);
            assertThat(world.life(2).share()).isEqualTo(100);
        }
    }

    @Test
    void aRollDoesNotWaitForSlowStarts() throws Exception {
        try (var world = TestWorld.serving(directory, 3, "pool.slow-start=1h")) {
            world.restart(null, null, false);
            for (int i = 0; i < 120 && world.restart().running(); i++) {
                world.pass(Duration.ofSeconds(1));
            }
            assertThat(world.restart().running()).isFalse();
            assertThat(world.restart().error()).isNull();
        }
    }

    @Test
    void oneThatIsSickGetsAHundredthUntilItStartsSlowlyAgain() {
        try (var world = TestWorld.serving(directory, 3, "pool.slow-start=10s")) {
            world.pass(Duration.ofSeconds(15));
            answer(world, 15, true);
            assertThat(world.life(2).ejected()).contains("of its last").contains("with 5xx");
            assertThat(world.httpd.shares).isEqualTo(Map.of(1, 100, 2, 1, 3, 100));
            assertThat(world.life(2).state()).isEqualTo(LifeState.SERVING);
            assertThat(world.lives.views().get(1).ejected()).isNotNull();
            answer(world, 22, false);
            assertThat(world.life(2).ejected()).isNull();
            assertThat(world.life(2).share()).isBetween(10, 99);
            answer(world, 11, false);
            assertThat(world.httpd.shares).containsEntry(2, 100);
        }
    }

    @Test
    void oneThatIsDrainedOrReplacedIsEjectedNoMore() {
        try (var world = TestWorld.serving(directory, 3, "pool.slow-start=0s")) {
            answer(world, 15, true);
            assertThat(world.life(2).ejected()).isNotNull();
            world.life(2).drain();
            world.pass(Duration.ofSeconds(2));
            assertThat(world.life(2).ejected()).isNull();
            world.life(2).resume();
            answer(world, 15, true);
            assertThat(world.life(2).ejected()).isNotNull();
            world.members.last(2).end("signal");
            world.pass(Duration.ofSeconds(5));
            assertThat(world.life(2).ejected()).isNull();
            assertThat(world.httpd.shares).containsEntry(2, 100);
        }
    }

    @Test
    void ejectionCanBeOff() {
        try (var world = TestWorld.serving(directory, 3, "pool.ejection=false")) {
            answer(world, 30, true);
            assertThat(world.life(2).ejected()).isNull();
        }
    }

    /** Each second ten requests a member; m2 fails, or does not. */
    private static void answer(TestWorld world, int seconds, boolean fails) {
        for (int i = 0; i < seconds; i++) {
            for (int index = 1; index <= world.lives.all().size(); index++) {
                world.members.last(index).requests += 10;
                world.members.last(index).errors += fails && index == 2 ? 10 : 0;
            }
            world.pass(Duration.ofSeconds(1));
        }
    }

    @Test
    void oneThatHangsIsDumpedEndedAndReplaced() {
        try (var world = TestWorld.serving(directory, 2)) {
            FakeMembers.Run hung = world.members.last(1);
            hung.beats = false;
            world.passWithoutRuns(Duration.ofMillis(1100)); // what it said before is seen once
            int alive = world.httpd.alive.getOrDefault(1, 0);
            world.passWithoutRuns(Duration.ofSeconds(Heartbeats.MISSED - 1));
            assertThat(world.httpd.alive).containsEntry(1, alive);
            assertThat(world.httpd.alive.get(2)).isGreaterThan(alive + 5);
            assertThat(hung.commands).contains("dump").doesNotContain("TERM");
            world.passWithoutRuns(Duration.ofSeconds(3));
            assertThat(hung.commands).containsSubsequence("dump", "TERM").doesNotContain("KILL");
            world.passWithoutRuns(Duration.ofSeconds(31));
            assertThat(hung.commands).containsSubsequence("TERM", "KILL");
            world.pass(Duration.ofSeconds(2));
            assertThat(world.life(1).state()).isEqualTo(LifeState.SERVING);
        }
    }

    @Test
    void oneThatDoesNotBecomeReadyIsEndedAndHasFailedToStart() {
        try (var world = new TestWorld(directory, 1)) {
            world.passWithoutRuns(Duration.ofMinutes(2).plusSeconds(5));
            assertThat(world.members.last(1).commands).containsExactly("dump", "TERM");
            world.members.last(1).end("signal");
            world.passWithoutRuns(Duration.ofMillis(60));
            assertThat(world.life(1).failedStart())
                    .isEqualTo(new Ending("start", "m1 was not ready within 120 s", 70, 0));
        }
    }

    @Test
    void oneThatSaysThatItCantServeIsTakenOutUntilItSaysThatItCan() {
        try (var world = TestWorld.serving(directory, 2)) {
            FakeMembers.Run run = world.members.last(1);
            run.ready = false;
            world.passWithoutRuns(Duration.ofMinutes(10));
            assertThat(world.life(1).state()).isEqualTo(LifeState.UNREADY);
            assertThat(world.httpd.changes).containsExactly("m1 disabled");
            run.ready = true;
            world.passWithoutRuns(Duration.ofSeconds(1));
            assertThat(world.life(1).state()).isEqualTo(LifeState.SERVING);
            assertThat(world.httpd.changes).containsExactly("m1 disabled", "m1 in");
            assertThat(world.life(1).starts()).isEqualTo(1);
        }
    }

    @Test
    void oneThatCantServeStillHangsIsDrainedAndLeavesWithoutAGrace() {
        try (var world = TestWorld.serving(directory, 3)) {
            world.members.runs.forEach(run -> run.ready = false);
            world.passWithoutRuns(Duration.ofSeconds(1));
            world.members.last(1).beats = false;
            world.life(2).drain();
            world.life(3).stop(Duration.ofMinutes(1));
            world.passWithoutRuns(Duration.ofSeconds(Heartbeats.MISSED + 2));
            assertThat(world.members.last(1).commands).contains("dump");
            assertThat(world.life(2).state()).isEqualTo(LifeState.DRAINED);
            assertThat(world.members.last(3).commands).contains("leave");
            assertThat(world.httpd.wanted).containsEntry(3, "disabled");
        }
    }

    @Test
    void oneThatNeverCanServeSaysWhy() {
        try (var world = new TestWorld(directory, 1)) {
            world.passWithoutRuns(Duration.ofSeconds(1));
            world.members.last(1).notReady = "fails its own check warm-up";
            world.passWithoutRuns(Duration.ofMinutes(2).plusSeconds(5));
            world.members.last(1).end("signal");
            world.passWithoutRuns(Duration.ofMillis(60));
            assertThat(world.life(1).failedStart())
                    .isEqualTo(
                            new Ending(
                                    "start",
                                    "m1 was not ready within 120 s: it fails its own check"
                                            + " warm-up",
                                    70,
                                    0));
        }
    }

    @Test
    void stickyClientsKeepTheirMemberForTheGraceThenNothingComes() {
        try (var world = TestWorld.serving(directory, 2)) {
            world.life(1).stop(Duration.ofSeconds(10));
            world.pass(Duration.ofSeconds(9));
            assertThat(world.httpd.changes).containsExactly("m1 drained");
            world.pass(Duration.ofSeconds(2));
            assertThat(world.httpd.changes)
                    .containsExactly("m1 drained", "m1 disabled", "m1 forgotten");
            assertThat(world.life(1).state()).isEqualTo(LifeState.STOPPED);
        }
    }

    @Test
    void oneHttpdThatIsAwayDoesNotTakeTheGraceFromTheClientsOfAnother() {
        try (var world = TestWorld.serving(directory, 2)) {
            world.httpd.answers = false;
            world.life(1).stop(Duration.ofSeconds(10));
            world.pass(Duration.ofSeconds(9));
            assertThat(world.life(1).state()).isEqualTo(LifeState.GRACE);
            world.pass(Duration.ofSeconds(12));
            assertThat(world.members.last(1).commands).contains("leave, httpd not notified");
        }
    }

    @Test
    void oneThatDoesNotLeaveIsEnded() {
        try (var world = TestWorld.serving(directory, 2, "pool.drain-timeout=30s")) {
            world.life(1).stop(Duration.ZERO);
            world.passWithoutRuns(Duration.ofSeconds(34));
            assertThat(world.members.last(1).commands).contains("leave").doesNotContain("TERM");
            world.passWithoutRuns(Duration.ofSeconds(3));
            assertThat(world.members.last(1).commands).contains("TERM");
        }
    }

    @Test
    void aDrainByHandOutlivesCrashAndRestartOfThePool() throws Exception {
        try (var world = TestWorld.serving(directory, 2)) {
            world.lives.drain("m1", false);
            world.members.last(1).end("signal");
            world.pass(Duration.ofSeconds(2));
            assertThat(world.life(1).state()).isEqualTo(LifeState.DRAINED);
        }
        try (var again = TestWorld.serving(directory, 2)) {
            assertThat(again.life(1).state()).isEqualTo(LifeState.DRAINED);
            assertThat(again.life(2).state()).isEqualTo(LifeState.SERVING);
            again.life(1).resume();
            again.pass(Duration.ofSeconds(1));
            assertThat(again.life(1).state()).isEqualTo(LifeState.SERVING);
        }
    }

    @Test
    void onlyAFewStartAtATimeAndAHangingStartDoesNotKeepTheOthersFromIt() {
        try (var world = new TestWorld(directory, 20)) {
            world.passWithoutRuns(Duration.ofSeconds(1));
            int first = world.members.runs.size();
            assertThat(first).isLessThan(20);
            world.passWithoutRuns(Lives.BUSY_START);
            assertThat(world.members.runs.size()).isGreaterThan(first);
        }
    }
}
