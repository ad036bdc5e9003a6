package io.backpool.reliability;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Which failed requests a killed process accounts for, and which it does not. */
class LossTest {
    private static final long PID = 7;
    private static final long OTHER_PID = 8;

    private final Loss memberDied =
            new Loss.MemberDied("member killed", PID, Set.of("m2"), at(100), at(110));

    @Test
    void whatTheDeadMemberHadBegunIsLost() {
        assertThat(memberDied.explains(failed(50, 111, null), List.of(PID))).isTrue();
        assertThat(memberDied.explains(failed(50, 111, null), List.of(OTHER_PID, PID))).isTrue();
    }

    @Test
    void whatAnotherMemberHadIsNot() {
        assertThat(memberDied.explains(failed(50, 111, null), List.of(OTHER_PID))).isFalse();
        assertThat(memberDied.explains(failed(50, 111, null), List.of(PID, OTHER_PID))).isFalse();
    }

    @Test
    void whatWasOnTheWayToItIsLostButNotWhatSticksToAnother() {
        assertThat(memberDied.explains(failed(105, 111, null), List.of())).isTrue();
        assertThat(memberDied.explains(failed(105, 111, "m1"), List.of())).isTrue();
        assertThat(memberDied.explains(failed(105, 111, "m2"), List.of())).isFalse();
    }

    @Test
    void whatWasNotOpenAtItsDeathIsNot() {
        assertThat(memberDied.explains(failed(50, 99, null), List.of(PID))).isFalse();
        assertThat(memberDied.explains(failed(111, 120, null), List.of(PID))).isFalse();
    }

    @Test
    void aLostRequestEndsSoon() {
        assertThat(memberDied.explains(failed(50, 6000, null), List.of(PID))).isFalse();
    }

    @Test
    void aChildOfHttpdTakesOnlyItsOwnClientsWhoGetNoAnswer() {
        var childDied = new Loss.ChildDied(0, at(100), at(110));

        assertThat(childDied.explains(failed(50, 111, null), List.of(PID))).isTrue();
        assertThat(childDied.explains(answered(50, 111), List.of(PID))).isFalse();
        assertThat(
                        new Loss.ChildDied(1, at(100), at(110))
                                .explains(failed(50, 111, null), List.of(PID)))
                .isFalse();
    }

    @Test
    void aPoolThatIsStoppedAnswersWhatItHad() {
        var stopped = new Loss.PoolStopped(at(100), at(900));

        assertThat(stopped.explains(answered(50, 111), List.of(PID))).isFalse();
        assertThat(stopped.explains(answered(101, 111), List.of())).isTrue();
        assertThat(new Loss.PoolKilled(at(100), at(900)).explains(answered(50, 111), List.of(PID)))
                .isTrue();
    }

    private static Attempt failed(long begin, long end, @Nullable String route) {
        return new Attempt("get-1", 0, route, at(begin), at(end), false, "closed");
    }

    private static Attempt answered(long begin, long end) {
        return new Attempt("get-1", 0, null, at(begin), at(end), true, "HTTP/1.1 502");
    }

    private static long at(long millis) {
        return TimeUnit.MILLISECONDS.toNanos(millis);
    }
}
