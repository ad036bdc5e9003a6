package io.backpool.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The process that takes the members over from the one before. */
class TakeOverTest {
    private static final Duration STEP = Duration.ofMillis(50);
    private static final Duration LONG = Duration.ofSeconds(10);

    @TempDir private Path directory;

    private final FakeSupervisor before = new FakeSupervisor();

    @Test
    void oneMemberAfterTheOtherStartsInThePlaceThatItWasGiven() throws Exception {
        try (var world = new TestWorld(directory, 2)) {
            TakeOver takeOver = takeOver(world);
            pass(world, takeOver, LONG);
            assertThat(before.heard).containsExactly("give 1 false");
            assertThat(world.members.runs).isEmpty();
            before.says.add("given 1 3");
            pass(world, takeOver, LONG);
            assertThat(before.heard)
                    .containsExactly(
                            "give 1 false",
                            "up m1 - up as process 101 of the new one",
                            "give 2 true");
            assertThat(world.members.runs).hasSize(1);

            before.says.add("given 2 3");
            pass(world, takeOver, LONG);
            assertThat(before.heard).endsWith("give 3 true");
            before.says.add("given 3 3");
            pass(world, takeOver, LONG);
            assertThat(before.heard).endsWith("done " + ProcessHandle.current().pid());
            assertThat(world.httpd.shared).isTrue();
            assertThat(takeOver.isOver()).isFalse();

            before.gone = true;
            pass(world, takeOver, STEP);
            assertThat(takeOver.isOver()).isTrue();
            takeOver.await();
            assertThat(world.httpd.shared).isFalse();
            assertThat(world.httpd.changes).containsExactly("m1 in", "m2 in");
        }
    }

    @Test
    void ifTheProcessOfBeforeIsKilledAllPlacesAreOurs() throws Exception {
        try (var world = new TestWorld(directory, 2)) {
            TakeOver takeOver = takeOver(world);
            before.says.add("given 1 2");
            pass(world, takeOver, LONG);
            before.gone = true;
            pass(world, takeOver, STEP);
            assertThat(world.httpd.changes).containsExactly("m1 in", "m2 disabled");
            // Its member still has the port: the pool does not end for that.
            world.passWithoutRuns(STEP);
            world.members.last(2).end("start");
            pass(world, takeOver, LONG);
            assertThat(world.lives.areAll(LifeState.SERVING)).isTrue();
            world.boot.await();
            takeOver.await();
        }
    }

    @Test
    void theProcessOfBeforeMayStopIt() {
        try (var world = new TestWorld(directory, 2)) {
            TakeOver takeOver = takeOver(world);
            before.says.add("stop");
            before.gone = true;
            pass(world, takeOver, LONG);
            assertThatThrownBy(world.boot::await).isInstanceOf(BootException.class);
            assertThatThrownBy(takeOver::await).isInstanceOf(BootException.class);
            assertThat(world.members.runs).isEmpty();
        }
    }

    @Test
    void aMemberThatHttpdDoesNotTakeEndsIt() {
        try (var world = new TestWorld(directory, 2)) {
            TakeOver takeOver = takeOver(world);
            world.httpd.answers = false;
            before.says.add("given 1 2");
            pass(world, takeOver, Roll.PATIENCE.plus(LONG));
            assertThat(before.heard).doesNotContain("give 2 true");
            assertThatThrownBy(world.boot::await)
                    .hasMessage(
                            "m1 is up, but not in the rotation of every httpd after 60 s: "
                                    + FakeRotation.NAME
                                    + ": away");
        }
    }

    private TakeOver takeOver(TestWorld world) {
        return new TakeOver(before, world.lives, world.boot);
    }

    private static void pass(TestWorld world, TakeOver takeOver, Duration time) {
        for (Duration left = time; !left.isNegative() && !left.isZero(); left = left.minus(STEP)) {
            world.pass(STEP);
            takeOver.advance();
        }
    }
}
