package io.backpool.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.backpool.observe.Load;
import io.backpool.observe.Traffic;
import io.backpool.pool.Ejection.Observed;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Who is ejected, by invented traffic: each member of each second answers what a test says. */
class EjectionTest {
    private static final Duration FAST = Duration.ofMillis(10);

    private final Ejection ejection = new Ejection();
    private final List<Member> members = new ArrayList<>();
    private long now = 1_000_000_000_000L;

    @BeforeEach
    void six() {
        for (int i = 1; i <= 6; i++) {
            members.add(new Member("m" + i));
        }
    }

    @Test
    void nobodyIsEjectedWhileAllIsWell() {
        pass(60);
        assertThat(ejected()).isEmpty();
    }

    @Test
    void oneThatFailsWhileOthersAreWellIsEjectedWithinSecondsAndTheReasonIsSaid() {
        pass(20);
        members.get(1).errors = 30;
        pass(10);
        assertThat(ejected()).containsExactly("m2");
        assertThat(ejection.reason("m2"))
                .matches("answered \\d+ of its last \\d+ requests with 5xx, the others are well");
    }

    @Test
    void halfOfItsRequestsIsTheLeast() {
        members.get(1).errors = 14;
        pass(60);
        assertThat(ejected()).isEmpty();
        members.get(1).errors = 15;
        pass(20);
        assertThat(ejected()).containsExactly("m2");
    }

    @Test
    void aFewRequestsSayNothing() {
        members.get(1).requests = 1;
        members.get(1).errors = 1;
        pass(60);
        assertThat(ejected()).isEmpty();
    }

    @Test
    void whatWasShedIsNoError() {
        members.get(1).shed = 28;
        members.get(1).errors = 0;
        pass(60);
        assertThat(ejected()).isEmpty();
    }

    @Test
    void whereAllFailNoMemberIsToBlame() {
        members.forEach(member -> member.errors = 30);
        pass(60);
        assertThat(ejected()).isEmpty();
    }

    /** Members report at different moments. */
    @Test
    void theFirstToReportACommonOutageIsNotEjected() {
        pass(20);
        members.get(3).errors = 30;
        pass(2);
        members.forEach(member -> member.errors = 30);
        pass(60);
        assertThat(ejected()).isEmpty();
    }

    @Test
    void whereMostFailNoneIsEjected() {
        members.subList(0, 4).forEach(member -> member.errors = 30);
        pass(60);
        assertThat(ejected()).isEmpty();
    }

    @Test
    void atMostAThirdIsEjected() {
        pass(20);
        for (int i = 0; i < 3; i++) {
            members.get(i).errors = 30;
            pass(10);
        }
        assertThat(ejected()).containsExactly("m1", "m2");
    }

    @Test
    void ofTwoMembersNoneIsEjected() {
        members.subList(2, 6).clear();
        members.get(0).errors = 30;
        pass(60);
        assertThat(ejected()).isEmpty();
    }

    @Test
    void ofThreeOneMayBe() {
        members.subList(3, 6).clear();
        members.get(0).errors = 30;
        pass(20);
        assertThat(ejected()).containsExactly("m1");
    }

    @Test
    void othersWithoutTrafficProveNothing() {
        members.subList(1, 6).forEach(member -> member.requests = 0);
        members.get(0).errors = 30;
        pass(60);
        assertThat(ejected()).isEmpty();
    }

    @Test
    void oneThatIsFarSlowerIsEjected() {
        pass(20);
        members.get(4).time = Duration.ofMillis(1500);
        pass(20);
        assertThat(ejected()).containsExactly("m5");
        assertThat(ejection.reason("m5"))
                .isEqualTo(
                        "takes over 1000 ms for half of its requests, the others less than 10 ms");
    }

    @Test
    void oneThatIsSlowerButUnderASecondIsNot() {
        members.get(4).time = Duration.ofMillis(900);
        pass(60);
        assertThat(ejected()).isEmpty();
    }

    @Test
    void whereAllAreSlowNoneIsEjected() {
        members.forEach(member -> member.time = Duration.ofMillis(400));
        members.get(4).time = Duration.ofMillis(1500);
        pass(60);
        assertThat(ejected()).isEmpty();
    }

    @Test
    void oneThatIsNewMayBeSlow() {
        members.get(4).time = Duration.ofMillis(1500);
        members.get(4).isWarm = false;
        pass(60);
        assertThat(ejected()).isEmpty();
    }

    /** Streams that end since their client went. */
    @Test
    void manyLongRequestsThatEndTogetherDoNotMakeItSlow() {
        pass(20);
        members.get(4).time = Duration.ofSeconds(20);
        members.get(4).requests = 500;
        pass(1);
        members.get(4).time = FAST;
        members.get(4).requests = 30;
        pass(60);
        assertThat(ejected()).isEmpty();
    }

    @Test
    void aProgramOfWhichOnlyRequestsAreKnownIsNeverEjected() {
        members.forEach(member -> member.knowsTimes = false);
        pass(60);
        assertThat(ejected()).isEmpty();
    }

    @Test
    void oneThatIsWellComesBackAfterThirtySeconds() {
        eject("m2");
        members.get(1).requests = 0;
        members.get(1).errors = 0;
        pass(28);
        assertThat(ejected()).containsExactly("m2");
        pass(3);
        assertThat(ejected()).isEmpty();
    }

    @Test
    void oneWhoseTestTrafficFailsStays() {
        eject("m2");
        members.get(1).requests = 1;
        members.get(1).errors = 1;
        pass(120);
        assertThat(ejected()).containsExactly("m2");
        members.get(1).errors = 0;
        pass(8);
        assertThat(ejected()).isEmpty();
    }

    @Test
    void oneThatIsStillSlowStays() {
        pass(20);
        members.get(1).time = Duration.ofMillis(1500);
        pass(20);
        members.get(1).requests = 1;
        pass(120);
        assertThat(ejected()).containsExactly("m2");
    }

    @Test
    void eachEjectionInARowIsLongerUpToFiveMinutes() {
        for (int pause : List.of(30, 60, 90, 120, 150, 180, 210, 240, 270, 300, 300, 300)) {
            eject("m2");
            members.get(1).errors = 0;
            pass(pause - 2);
            assertThat(ejected()).containsExactly("m2");
            pass(3);
            assertThat(ejected()).isEmpty();
        }
        pass(301);
        eject("m2");
        members.get(1).errors = 0;
        pass(31);
        assertThat(ejected()).isEmpty();
    }

    @Test
    void anotherRunOrOneThatWasAwayIsForgotten() {
        eject("m2");
        members.get(1).run++;
        members.get(1).errors = 0;
        pass(1);
        assertThat(ejected()).isEmpty();

        eject("m3");
        Member drained = members.remove(2);
        pass(1);
        members.add(2, drained);
        drained.errors = 0;
        pass(1);
        assertThat(ejected()).isEmpty();
    }

    /** Makes it fail until it is ejected, and then answer well. */
    private void eject(String route) {
        Member sick = members.stream().filter(it -> it.route.equals(route)).findFirst().get();
        sick.errors = 30;
        for (int i = 0; i < 30 && ejection.reason(route) == null; i++) {
            pass(1);
        }
        assertThat(ejected()).contains(route);
    }

    private void pass(int seconds) {
        for (int i = 0; i < seconds; i++) {
            now += 1_000_000_000;
            members.forEach(Member::answer);
            assertThat(ejection.isDue(now)).isTrue();
            ejection.look(now, members.stream().map(Member::observed).toList());
        }
    }

    private List<String> ejected() {
        return members.stream()
                .map(member -> member.route)
                .filter(route -> ejection.reason(route) != null)
                .toList();
    }

    /** Answers 30 requests a second, in 10 ms each. */
    private static final class Member {
        private final String route;
        private int run = 1;
        private boolean isWarm = true;
        private boolean knowsTimes = true;

        /** A second. */
        private long requests = 30;

        /** Of these. */
        private long errors;

        /** Of these. */
        private long shed;

        private Duration time = FAST;
        private Traffic traffic = new Traffic(0, 0, 0, 0, 0, Load.NONE, List.of());

        Member(String route) {
            this.route = route;
        }

        void answer() {
            List<Long> buckets = new ArrayList<>();
            for (int i = 0; knowsTimes && i < Traffic.BOUNDS.size(); i++) {
                long before = traffic.buckets().isEmpty() ? 0 : traffic.buckets().get(i);
                buckets.add(before + (time.compareTo(Traffic.BOUNDS.get(i)) <= 0 ? requests : 0));
            }
            traffic =
                    new Traffic(
                            traffic.requests() + requests,
                            traffic.errors() + errors,
                            traffic.shed() + shed,
                            0,
                            0,
                            Load.NONE,
                            buckets);
        }

        Observed observed() {
            return new Observed(route, run, isWarm, traffic);
        }
    }
}
