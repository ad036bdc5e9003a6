package io.backpool.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.backpool.observe.ControlException;
import io.backpool.observe.PoolControl.RestartRequest;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Restarts, canaries and scaling: what the pool does, in which order, and what it refuses. */
class ChangesTest {
    @TempDir private Path directory;

    @Test
    void theNextMemberLeavesWhenTheLastIsBack() throws Exception {
        try (var world = TestWorld.serving(directory, 2)) {
            world.restart(null, null, false);
            world.passUntilRestarted();
            assertThat(world.restart().error()).isNull();
            assertThat(world.httpd.changes)
                    .containsExactly(
                            "m1 drained",
                            "m1 disabled",
                            "m1 in",
                            "m2 drained",
                            "m2 disabled",
                            "m2 in");
            assertThat(world.restart().steps())
                    .containsSubsequence(
                            "m1 - leaves the rotation",
                            "m1 - finishes its requests",
                            "m1 - up as process 101",
                            "m1 - back in the rotation",
                            "m2 - leaves the rotation");
            assertThat(versions(world)).containsExactly("new", "new");
        }
    }

    @Test
    void aSurgeLetsOneMoreServeBeforeTheFirstLeaves() throws Exception {
        try (var world = TestWorld.serving(directory, 1)) {
            world.surge(null);
            world.passUntilRestarted();
            assertThat(world.restart().error()).isNull();
            world.pass(Duration.ofSeconds(10));
            assertThat(world.httpd.changes)
                    .containsExactly(
                            "m2 in",
                            "m1 drained",
                            "m1 disabled",
                            "m1 in",
                            "m2 drained",
                            "m2 disabled",
                            "m2 forgotten");
            assertThat(versions(world)).containsExactly("new");
        }
    }

    @Test
    void aSurgeOfAllMakesItsVersionTheStableOne() throws Exception {
        try (var world = TestWorld.serving(directory, 2)) {
            world.surge(null);
            world.passUntilRestarted();
            world.pass(Duration.ofSeconds(10));
            world.scale(3);
            world.pass(Duration.ofSeconds(10));
            assertThat(versions(world)).containsExactly("new", "new", "new");
        }
    }

    @Test
    void aSurgeWhoseFurtherMemberDoesNotStartRestartsNothing() throws Exception {
        try (var world = TestWorld.serving(directory, 2)) {
            world.members.broken.add("old");
            world.surge(null);
            world.passUntilRestarted();
            assertThat(world.restart().error())
                    .startsWith("No further member serves: m3 did not start: ")
                    .endsWith("Nothing was restarted");
            assertThat(versions(world)).containsExactly("old", "old");
            assertThat(world.life(1).starts()).isEqualTo(1);
        }
    }

    @Test
    void aSurgeNeedsFrontEndsThatMembersJoin() throws Exception {
        try (var world = TestWorld.serving(directory, 2)) {
            world.httpd.declared = true;
            assertThatThrownBy(() -> world.surge(null)).hasMessageContaining("membership: join");
        }
    }

    @Test
    void aVersionThatDoesNotStartIsTakenBackAndTheOthersStay() throws Exception {
        try (var world = TestWorld.serving(directory, 2)) {
            world.members.broken.add("bad.jar");
            world.restart(null, "bad.jar", false);
            world.passUntilRestarted();
            assertThat(world.restart().error()).startsWith("m1 did not come up: ");
            world.pass(Duration.ofSeconds(2));
            assertThat(versions(world)).containsExactly("old", "old");
            assertThat(world.life(1).state()).isEqualTo(LifeState.SERVING);
            assertThat(world.life(2).starts()).isEqualTo(1);
        }
    }

    @Test
    void aCanaryLeavesTheOthersAndTheirLaterRunsAsTheyAre() throws Exception {
        try (var world = TestWorld.serving(directory, 2)) {
            world.restart("m1", "canary.jar", false);
            world.passUntilRestarted();
            world.members.last(2).end("signal");
            world.scale(3);
            world.pass(Duration.ofSeconds(3));
            assertThat(versions(world)).containsExactly("canary.jar", "old", "old");

            world.restart(null, null, true);
            world.passUntilRestarted();
            assertThat(versions(world)).containsExactly("old", "old", "old");
        }
    }

    @Test
    void aRestartFinishesTheCanaryAndBackReturnsAll() throws Exception {
        try (var world = TestWorld.serving(directory, 2)) {
            world.restart("m1", "canary.jar", false);
            world.passUntilRestarted();
            world.restart(null, null, false);
            world.passUntilRestarted();
            assertThat(versions(world)).containsExactly("canary.jar", "canary.jar");
            world.restart(null, null, true);
            world.passUntilRestarted();
            assertThat(versions(world)).containsExactly("old", "old");
        }
    }

    /** Of three: 5% to one is 47.5% to each other, about a tenth of it. */
    @Test
    void aCanaryHasItsWeightUntilItIsRestartedAgain() throws Exception {
        try (var world = TestWorld.serving(directory, 3, "pool.slow-start=0s")) {
            world.canary("m1", "canary.jar", 5);
            world.passUntilRestarted();
            assertThat(world.httpd.shares).isEqualTo(Map.of(1, 10, 2, 100, 3, 100));
            world.members.last(1).end("signal");
            world.pass(Duration.ofSeconds(3));
            assertThat(versions(world)).containsExactly("canary.jar", "old", "old");
            assertThat(world.httpd.shares).containsEntry(1, 10);

            world.restart(null, null, false);
            world.passUntilRestarted();
            assertThat(world.httpd.shares).isEqualTo(Map.of(1, 100, 2, 100, 3, 100));

            world.canary("m2", "other.jar", 50);
            world.passUntilRestarted();
            assertThat(world.httpd.shares).containsEntry(2, 100);
        }
    }

    @Test
    void whatRunsInPlaceOfACanaryThatDoesNotStartHasNoWeight() throws Exception {
        try (var world = TestWorld.serving(directory, 3, "pool.slow-start=0s")) {
            world.members.broken.add("bad.jar");
            world.canary("m1", "bad.jar", 5);
            world.passUntilRestarted();
            world.pass(Duration.ofSeconds(2));
            assertThat(versions(world)).containsExactly("old", "old", "old");
            assertThat(world.httpd.shares).containsEntry(1, 100);
        }
    }

    @Test
    void aWeightIsOfOneMemberAndNeedsAnHttpd() {
        try (var world = TestWorld.serving(directory, 2)) {
            refused(() -> world.canary(null, "a.jar", 5), "weight: was 5");
            refused(() -> world.canary("m1", "a.jar", 51), "from 1 to 50");
            world.httpd.empty = true;
            refused(() -> world.canary("m1", "a.jar", 5), "gives its members no weights");
        }
    }

    @Test
    void aCanaryThatIsEjectedGoesBack() throws Exception {
        try (var world = TestWorld.serving(directory, 3)) {
            world.canary("m1", "canary.jar", 5);
            world.passUntilRestarted();
            for (int i = 0; i < 20; i++) {
                for (int index = 1; index <= 3; index++) {
                    world.members.last(index).requests += 10;
                }
                world.members.last(1).errors += 10;
                world.pass(Duration.ofSeconds(1));
            }
            world.passUntilRestarted();
            assertThat(world.restart().error()).isNull();
            assertThat(versions(world)).containsExactly("old", "old", "old");
            assertThat(world.life(2).starts()).isEqualTo(1);
        }
    }

    @Test
    void aPauseKeepsAllOutOverRestartsAndAResumeOnlyThoseThatAreDrained() throws Exception {
        try (var world = TestWorld.serving(directory, 3)) {
            world.life(3).drain();
            world.lives.pause(Duration.ZERO);
            assertThat(world.httpd.wanted)
                    .isEqualTo(Map.of(1, "disabled", 2, "disabled", 3, "disabled"));
            world.restart(null, null, false);
            world.passUntilRestarted();
            assertThat(world.restart().error()).isNull();
            world.members.last(2).end("signal");
            world.pass(Duration.ofSeconds(3));
            assertThat(versions(world)).containsExactly("new", "new", "new");
            assertThat(world.httpd.changes).doesNotContain("m1 in", "m2 in", "m3 in");
            refused(() -> world.lives.resume("m1"), "The pool is paused");

            world.lives.pause(null);
            world.pass(Duration.ofSeconds(3));
            assertThat(world.httpd.wanted).isEqualTo(Map.of(1, "in", 2, "in", 3, "drained"));
        }
    }

    @Test
    void aPauseLastsOverARestartOfThePool() throws Exception {
        try (var world = TestWorld.serving(directory, 2)) {
            world.lives.pause(Duration.ZERO);
        }
        try (var world = TestWorld.serving(directory, 2)) {
            assertThat(world.lives.isPaused()).isTrue();
            assertThat(world.life(1).state()).isEqualTo(LifeState.DRAINED);
            assertThat(world.httpd.wanted).isEqualTo(Map.of(1, "disabled", 2, "disabled"));
            world.lives.pause(null);
            world.pass(Duration.ofSeconds(3));
            assertThat(world.life(1).state()).isEqualTo(LifeState.SERVING);
        }
    }

    @Test
    void requestsWaitInEveryMemberBeforeAnyHttpdHasItUntilTheyAreLetIn() throws Exception {
        try (var world = TestWorld.serving(directory, 2)) {
            world.lives.pause(Duration.ofSeconds(30));
            assertThat(world.members.last(1).commands).endsWith("hold 30");
            world.members.last(2).end("signal");
            world.pass(Duration.ofSeconds(3));
            assertThat(world.members.last(2).commands).containsExactly("hold 30", "serve");
            assertThat(world.httpd.wanted).isEqualTo(Map.of(1, "in", 2, "in"));
            refused(() -> world.lives.pause(Duration.ZERO), "The pool is paused");
            String first = "Requests wait in the members. Let them in first: resume";
            refused(() -> world.restart(null, null, false), first);
            refused(() -> world.scaling.to(3, true), first);
        }
        try (var world = TestWorld.serving(directory, 2)) {
            assertThat(world.members.last(1).commands).containsExactly("hold 30", "serve");
            world.lives.pause(Duration.ofSeconds(5));
            world.lives.pause(null);
            assertThat(world.members.last(2).commands).endsWith("hold 5", "hold 0");
            assertThat(world.life(1).state()).isEqualTo(LifeState.SERVING);
            world.restart(null, null, false);
        }
        try (var world = TestWorld.serving(directory, 2)) {
            assertThat(world.lives.isHolding()).isFalse();
            world.lives.pause(Duration.ZERO);
            refused(() -> world.lives.pause(Duration.ofSeconds(5)), "The pool is paused");
            world.lives.pause(null);
            world.members.canHold = false;
            refused(() -> world.lives.pause(Duration.ofSeconds(5)), "Use pause without --hold");
        }
    }

    @Test
    void theLastMemberThatServesStays() {
        try (var world = TestWorld.serving(directory, 2)) {
            world.life(2).drain();
            world.pass(Duration.ofSeconds(1));
            refused(() -> world.restart(null, null, false), "m1 is the last member that serves");
            refused(() -> world.restart("m1", null, false), "--force");
            assertThat(world.lives.isLastServing(world.life(1))).isTrue();
        }
    }

    @Test
    void whenTheOtherCrashesInARollTheLastWaitsForIt() throws Exception {
        try (var world = TestWorld.serving(directory, 2)) {
            world.restart("m2", null, false);
            world.members.last(1).end("signal");
            world.passWithoutRuns(Duration.ofMillis(60));
            assertThat(world.members.last(2).commands).doesNotContain("leave");
            world.passUntilRestarted();
            assertThat(world.restart().error()).isNull();
            assertThat(versions(world)).containsExactly("old", "new");
        }
    }

    @Test
    void anHttpdThatIsAwayIsNamedBeforeTheFirstMemberLeaves() throws Exception {
        try (var world = TestWorld.serving(directory, 2)) {
            world.httpd.answers = false;
            refused(() -> world.restart(null, null, false), "--without " + FakeRotation.NAME);
            assertThat(world.httpd.changes).isEmpty();
            world.restarts.begin(
                    new RestartRequest(
                            null, 1, null, null, false, false, false, Set.of(FakeRotation.NAME)));
            world.passUntilRestarted();
            assertThat(world.restart().error()).isNull();
            assertThat(versions(world)).containsExactly("new", "new");
        }
    }

    @Test
    void aRestartAskedForBySignalIsQueued() throws Exception {
        try (var world = TestWorld.serving(directory, 2)) {
            world.restarts.beginOrQueue();
            world.restarts.beginOrQueue();
            world.passUntilRestarted();
            world.pass(Duration.ofSeconds(1));
            world.passUntilRestarted();
            assertThat(world.life(1).starts()).isEqualTo(3);
        }
    }

    @Test
    void scalingUpDownAndUpEndsWhereItShall() {
        try (var world = TestWorld.serving(directory, 2)) {
            Change first = world.scale(4);
            Change second = world.scale(2);
            Change third = world.scale(4);
            world.pass(Duration.ofSeconds(20));
            for (Change change : List.of(first, second, third)) {
                assertThat(change.progress().view().error()).isNull();
            }
            assertThat(world.lives.all()).hasSize(4);
            assertThat(world.lives.all()).allMatch(life -> life.state() == LifeState.SERVING);
        }
    }

    @Test
    void aScalingThatFailsLeavesThePoolAsItWas() {
        try (var world = TestWorld.serving(directory, 2)) {
            world.members.broken.add("old");
            Change change = world.scale(4);
            world.pass(Duration.ofSeconds(10));
            assertThat(change.progress().view().error()).startsWith("m3 did not start: ");
            assertThat(world.lives.all()).hasSize(2);
        }
    }

    @Test
    void aMemberThatHttpdHasNoSeatForIsNoSuccess() {
        try (var world = TestWorld.serving(directory, 2)) {
            world.httpd.answers = false;
            Change change = world.scale(3);
            world.pass(Duration.ofSeconds(30));
            assertThat(change.progress().view().error())
                    .contains("m3 - " + FakeRotation.NAME + ": away");
        }
    }

    @Test
    void membersAreRenewedOneAtATimeAndNeverTheLast() {
        try (var world = TestWorld.serving(directory, 2, "pool.max-requests=100")) {
            world.life(2).drain();
            world.members.last(1).requests = 1000;
            world.pass(Duration.ofSeconds(10));
            assertThat(world.life(1).starts()).isEqualTo(1);
            world.life(2).resume();
            world.pass(Duration.ofSeconds(10));
            assertThat(world.life(1).starts()).isEqualTo(2);
        }
    }

    private static void refused(ThrowingCallable request, String why) {
        assertThatThrownBy(request).isInstanceOf(ControlException.class).hasMessageContaining(why);
    }

    private static List<String> versions(TestWorld world) {
        return world.lives.all().stream().map(life -> life.release().version()).toList();
    }
}
