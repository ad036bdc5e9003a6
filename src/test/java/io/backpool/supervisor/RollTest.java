package io.backpool.supervisor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.backpool.config.ConfigSnapshot;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RollTest {
    /** What happened, in order. */
    private final List<String> story = Collections.synchronizedList(new ArrayList<>());

    private final Progress progress = new Progress();
    private boolean httpdAnswers = true;
    private boolean httpdTakesBack = true;

    @Test
    void theNextMemberLeavesWhenTheLastIsBack() throws Exception {
        roll(false, new FakeMember(1), new FakeMember(2));
        assertThat(story)
                .containsExactly(
                        "m1 drains",
                        "m1 out",
                        "m1 replaced, told",
                        "m1 in",
                        "m2 drains",
                        "m2 out",
                        "m2 replaced, told",
                        "m2 in");
        assertThat(progress.view().steps())
                .containsSubsequence(
                        "m1 - leaves the rotation",
                        "m1 - finishes its requests",
                        "m1 - up as process 101",
                        "m1 - back in the rotation",
                        "m2 - leaves the rotation");
    }

    @Test
    void theFirstFailureStopsIt() {
        var broken = new FakeMember(1);
        broken.comesUp = false;
        assertThatThrownBy(() -> roll(false, broken, new FakeMember(2)))
                .isInstanceOf(RollException.class)
                .hasMessage("m1 did not come up");
        assertThat(story).noneMatch(event -> event.startsWith("m2"));
    }

    @Test
    void aMemberThatHttpdDoesNotTakeBackStopsIt() {
        httpdTakesBack = false;
        assertThatThrownBy(() -> roll(false, new FakeMember(1), new FakeMember(2)))
                .isInstanceOf(RollException.class)
                .hasMessageContaining("m1 is up, but not in the rotation");
        assertThat(story).noneMatch(event -> event.startsWith("m2"));
    }

    @Test
    void whenHttpdIsAwayTheMemberLetsItNotice() throws Exception {
        httpdAnswers = false;
        roll(false, new FakeMember(1));
        assertThat(story).contains("m1 replaced, untold");
        assertThat(progress.view().steps())
                .contains("m1 - httpd does not answer, its health check must do");
    }

    @Test
    void aMemberThatAnOperatorHoldsStaysOut() throws Exception {
        var held = new FakeMember(1);
        held.held = true;
        roll(false, held);
        assertThat(story).doesNotContain("m1 in");
    }

    @Test
    void withoutHttpdNobodyIsAsked() throws Exception {
        roll(true, new FakeMember(1));
        assertThat(story).containsExactly("m1 replaced, untold");
    }

    @Test
    void severalAtATimeAreAllReplaced() throws Exception {
        var roll = new Roll(new FakeRotation(false), launch(), "restart", progress);
        roll.run(List.of(new FakeMember(1), new FakeMember(2), new FakeMember(3)), 2);
        assertThat(story).contains("m1 in", "m2 in", "m3 in");
    }

    private void roll(boolean noHttpd, FakeMember... members) throws Exception {
        new Roll(new FakeRotation(noHttpd), launch(), "restart", progress).run(List.of(members), 1);
    }

    private static Launch launch() {
        return new Launch(
                List.of(),
                "backend.jar",
                null,
                null,
                new Version("0", null),
                ConfigSnapshot.take(null, Map.of(), Map.of()),
                null);
    }

    private final class FakeMember implements Roll.Member {
        private final int index;
        private boolean held;
        private boolean comesUp = true;

        FakeMember(int index) {
            this.index = index;
        }

        @Override
        public int index() {
            return index;
        }

        @Override
        public String route() {
            return "m" + index;
        }

        @Override
        public boolean isHeld() {
            return held;
        }

        @Override
        public void drain() {
            story.add(route() + " drains");
        }

        @Override
        public long replace(Launch next, String reason, boolean told) throws RollException {
            if (!comesUp) {
                throw new RollException(route() + " did not come up");
            }
            story.add(route() + " replaced, " + (told ? "told" : "untold"));
            return 100L + index;
        }
    }

    private final class FakeRotation implements Rotation {
        private final boolean empty;

        FakeRotation(boolean empty) {
            this.empty = empty;
        }

        @Override
        public boolean isEmpty() {
            return empty;
        }

        @Override
        public boolean takeOut(int index) {
            story.add("m" + index + " out");
            return httpdAnswers;
        }

        @Override
        public boolean awaitIn(int index, Duration timeout) {
            story.add("m" + index + " in");
            return httpdTakesBack;
        }
    }
}
