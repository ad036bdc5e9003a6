package io.backpool.observe;

import static org.assertj.core.api.Assertions.assertThat;

import io.backpool.observe.PoolView.MemberView;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class HistoryTest {
    private final List<MemberView> members = new ArrayList<>();
    private final History history = new History(() -> members);

    @Test
    void aSecondHasWhatWasAnsweredInIt() {
        look(1, member(7, 100, 2));
        look(2, member(7, 150, 3));

        History.Second second = history.seconds().get(0);
        assertThat(second.requests()).isEqualTo(50);
        assertThat(second.errors()).isEqualTo(1);
        assertThat(second.p50()).isEqualTo(0.5);
    }

    @Test
    void aNewProcessCountsFromZeroAndANewMemberFromNow() {
        look(1, member(7, 100, 0));
        look(2, member(8, 5, 0));
        assertThat(history.seconds().get(0).requests()).isEqualTo(5);

        look(3, member("m2", 9, 1000, 0));
        assertThat(history.seconds().get(1).requests()).isZero();
    }

    @Test
    void fifteenMinutesAreKept() {
        for (int i = 0; i < 1000; i++) {
            look(i, member(7, i, 0));
        }
        assertThat(history.seconds()).hasSize(900);
        assertThat(history.seconds().get(899).at()).isEqualTo(999);
    }

    private void look(long at, MemberView member) {
        members.clear();
        members.add(member);
        history.look(at);
    }

    private static MemberView member(long pid, long requests, long errors) {
        return member("m1", pid, requests, errors);
    }

    private static MemberView member(String route, long pid, long requests, long errors) {
        var buckets = Collections.nCopies(RequestTimer.BUCKETS.length, requests);
        var traffic = new Traffic(requests, errors, 0, 0, 0, Load.NONE, buckets);
        return new MemberView(
                route,
                "serving",
                true,
                pid,
                1,
                0,
                0,
                -1,
                0,
                traffic,
                Map.of(),
                Map.of(),
                "1",
                Usage.NONE,
                100,
                null);
    }
}
