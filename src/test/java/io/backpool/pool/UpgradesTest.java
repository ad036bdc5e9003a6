package io.backpool.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.backpool.observe.ControlException;
import io.backpool.observe.PoolView.ChangeProgress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The process that hands its members over, and what becomes of them if that goes wrong. */
class UpgradesTest {
    private static final Duration LONG = Duration.ofSeconds(20);
    private static final long SELF = 4711;

    @TempDir private Path directory;

    private final FakeSupervisor next = new FakeSupervisor();

    @Test
    void aPlaceIsGivenWhenItsMemberHasEndedAndHttpdKnows() throws Exception {
        try (var world = serving(2)) {
            Upgrades upgrades = begin(world);
            next.says.add("give 1 false");
            world.passWithoutRuns(LONG);
            assertThat(world.httpd.changes).containsExactly("m1 drained", "m1 disabled");
            assertThat(next.heard).isEmpty();
            world.pass(LONG);
            assertThat(world.httpd.changes).endsWith("m1 forgotten");
            assertThat(next.heard).containsExactly("given 1 2");
            assertThat(world.httpd.shared).isTrue();

            next.says.addAll(List.of("up m1 - up as process 5", "give 2 true"));
            world.pass(LONG);
            next.says.addAll(List.of("give 3 true", "done 99"));
            world.pass(LONG);
            assertThat(next.heard).containsExactly("given 1 2", "given 2 2", "given 3 2");
            assertThat(upgrades.awaitHandedOver()).isEqualTo(99);
            assertThat(progress(world).steps())
                    .containsSubsequence(
                            "m1 - leaves the rotation",
                            "m1 - up as process 5",
                            "m2 - leaves the rotation");

            next.gone = true;
            upgrades.stop();
            world.pass(LONG);
            assertThat(progress(world).error()).isNull();
            assertThat(next.heard).doesNotContain("stop");
            assertThat(upgrades.isAlone()).isTrue();
        }
    }

    @Test
    void anHttpdThatDoesNotAnswerIsWaitedForAFewSeconds() throws Exception {
        try (var world = serving(2)) {
            begin(world);
            world.httpd.answers = false;
            next.says.add("give 1 false");
            for (int i = 0; i < 1000 && world.life(1).state() != LifeState.STOPPED; i++) {
                world.pass(Duration.ofMillis(50));
            }
            world.pass(Duration.ofSeconds(1));
            assertThat(next.heard).isEmpty();
            world.pass(MemberLife.LONGEST_AGREEMENT);
            assertThat(next.heard).containsExactly("given 1 2");
        }
    }

    @Test
    void ifTheNewProcessEndsHalfWayAllMembersServeHereAgain() throws Exception {
        try (var world = serving(2)) {
            Upgrades upgrades = begin(world);
            next.says.add("give 1 false");
            world.pass(LONG);
            next.says.add("give 2 true");
            world.passWithoutRuns(Duration.ofMillis(50));
            FakeMembers.Run second = world.members.last(2);
            next.gone = true;
            world.pass(LONG);

            assertThat(world.lives.areAll(LifeState.SERVING)).isTrue();
            assertThat(second.commands).endsWith("drain", "serve");
            assertThat(world.httpd.changes.subList(3, world.httpd.changes.size()))
                    .containsExactly("m2 drained", "m2 in", "m1 disabled", "m1 in");
            assertThat(progress(world).error())
                    .isEqualTo(
                            "the new process ended before it had all members; what it said is in"
                                    + " the pool's log\n"
                                    + "The process of before has its members again");
            assertThat(world.httpd.shared).isFalse();
            assertThat(upgrades.isRunning()).isFalse();
        }
    }

    @Test
    void aMemberThatHasLeftIsStartedAgainAndTheReasonIsTold() throws Exception {
        try (var world = serving(2)) {
            begin(world);
            next.says.addAll(List.of("give 1 false", "failed port 8081 is in use"));
            next.gone = true;
            world.members.last(1).end("exit");
            world.pass(LONG);
            assertThat(world.lives.areAll(LifeState.SERVING)).isTrue();
            assertThat(progress(world).error()).startsWith("port 8081 is in use\n");
        }
    }

    @Test
    void theLastMemberThatServesIsKept() throws Exception {
        try (var world = serving(2)) {
            Upgrades upgrades = begin(world);
            world.lives.drain("m2", false);
            next.says.add("give 1 false");
            world.pass(Duration.ofMillis(50));
            assertThat(next.heard).containsExactly("stop");
            next.gone = true;
            world.pass(LONG);
            assertThat(progress(world).error()).startsWith("m1 is the last member that serves");
            assertThat(world.httpd.changes).containsExactly("m2 drained");
            assertThat(upgrades.isRunning()).isFalse();
        }
    }

    @Test
    void aJarThatDoesNotStartChangesNothing() throws Exception {
        try (var world = serving(2)) {
            world.members.broken.add("bad.jar");
            Upgrades upgrades = upgrades(world);
            upgrades.begin(Path.of("bad.jar"), false, SELF);
            world.pass(LONG);
            assertThat(progress(world).error())
                    .isEqualTo("bad.jar is broken\nThe pool is as it was before");
            assertThat(world.httpd.changes).isEmpty();
            assertThat(upgrades.isRunning()).isFalse();
            assertThat(upgrades.isAlone()).isTrue();
        }
    }

    @Test
    void aPoolThatStopsStopsTheNewProcessFirst() throws Exception {
        try (var world = serving(2)) {
            Upgrades upgrades = begin(world);
            upgrades.stop();
            assertThat(next.heard).containsExactly("stop");
            assertThat(upgrades.isAlone()).isFalse();
            next.says.add("failed stopped");
            next.gone = true;
            assertThat(upgrades.isAlone()).isTrue();
        }
    }

    @Test
    void whatCannotGoWellIsRefused() throws Exception {
        try (var world = serving(2)) {
            Upgrades upgrades = upgrades(world);
            assertRefused("process 1 of its container", () -> upgrades.begin(null, false, 1));
            world.httpd.answers = false;
            assertRefused("does not answer", () -> upgrades.begin(null, true, SELF));
            world.httpd.answers = true;
            world.lives.drain("m2", false);
            assertRefused("m1 is the last member", () -> upgrades.begin(null, false, SELF));
            world.scale(3);
            assertRefused("Another change", () -> upgrades.begin(null, true, SELF));
            world.pass(LONG);
            upgrades.begin(null, true, SELF);
            assertRefused("An upgrade is running", upgrades::refuseWhileRunning);
            world.members.next = null;
            assertRefused("programs", () -> upgrades.begin(null, true, SELF));
        }
    }

    private static void assertRefused(String why, ThrowingCallable what) {
        assertThatThrownBy(what).isInstanceOf(ControlException.class).hasMessageContaining(why);
    }

    private TestWorld serving(int count) {
        TestWorld world = TestWorld.serving(directory, count);
        world.members.next = next;
        return world;
    }

    private static Upgrades upgrades(TestWorld world) {
        return new Upgrades(
                world.members.settings,
                world.members,
                world.lives,
                world.releases,
                world.changes,
                null,
                Runnable::run,
                () -> {});
    }

    private static Upgrades begin(TestWorld world) throws ControlException {
        Upgrades upgrades = upgrades(world);
        upgrades.begin(null, false, SELF);
        return upgrades;
    }

    private static ChangeProgress progress(TestWorld world) {
        return Objects.requireNonNull(world.changes.lastProgress());
    }
}
