package io.backpool.balancer;

import static io.backpool.balancer.DesiredMember.DesiredState.DISABLED;
import static io.backpool.balancer.DesiredMember.DesiredState.DRAINING;
import static io.backpool.balancer.DesiredMember.DesiredState.GONE;
import static io.backpool.balancer.DesiredMember.DesiredState.SERVING;
import static org.assertj.core.api.Assertions.assertThat;

import io.backpool.balancer.DesiredMember.DesiredState;
import io.backpool.config.BalancerConfig.Membership;
import io.backpool.config.HttpdCheck;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is done about each picture that httpd may show. */
class PlannerTest {
    private static final URI PLACE = URI.create("http://127.0.0.1:8082");
    private static final URI URL = URI.create("http://127.0.0.1:8081");

    private Instant now = Instant.EPOCH;
    private final Planner planner = new Planner(Membership.STATIC, HttpdCheck.READINESS, () -> now);
    private final Planner joining = new Planner(Membership.JOIN, HttpdCheck.READINESS, () -> now);

    @BeforeEach
    void knowsWhatIsOurs() {
        planner.retain(Set.of(URL), Set.of(PLACE));
        joining.retain(Set.of(URL), Set.of(PLACE));
    }

    /** {@code shows | noted}: httpd's status and redirect; {@code step}: empty for none. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                // wanted | shows            | noted            | step
                "SERVING  | Init Ok          |                  | -",
                "SERVING  | Init Stby Ok     |                  | -",
                "SERVING  | Init HcFl        |                  | -",
                "DRAINING | Init Ok          |                  | DRAIN w_rr=backpool-N"
                        + " w_status_N=1",
                "DRAINING | Init Err         |                  | DRAIN w_rr=backpool-N"
                        + " w_status_N=1",
                "DRAINING | Init Drn Ok      | backpool-N       | -",
                "DISABLED | Init Ok          |                  | DISABLE w_rr=backpool-ND"
                        + " w_status_D=1 w_status_N=1",
                "DISABLED | Init Drn Ok      | backpool-N       | DISABLE w_rr=backpool-ND"
                        + " w_status_D=1",
                "DISABLED | Init Drn Dis     | backpool-ND      | -",
                "DRAINING | Init Drn Dis     | backpool-ND      | ENABLE w_rr=backpool-N"
                        + " w_status_D=0",
                // left behind by the pool: by a crash, or kept by BalancerPersist
                "SERVING  | Init Drn Ok      | backpool-N       | ENABLE w_rr= w_status_N=0",
                "SERVING  | Init Drn Dis     | backpool-ND      | ENABLE w_rr= w_status_D=0"
                        + " w_status_N=0",
                "SERVING  | Init Ign Ok      | backpool-I       | SET w_rr= w_status_I=0",
                "SERVING  | Init Ok          | backpool-ND      | SET w_rr=",
                // another pool's, because the host did not answer
                "SERVING  | Init Stop        | backpool-S       | ENABLE w_rr= w_status_S=0",
                "SERVING  | Init Stop Err    | backpool-S~m2    | ENABLE w_rr=backpool-I~m2"
                        + " w_status_I=1 w_status_S=0",
                "DRAINING | Init Drn Stop    | backpool-NS      | ENABLE w_rr=backpool-N"
                        + " w_status_S=0",
                "DISABLED | Init Stop        | backpool-S       | DISABLE w_rr=backpool-ND"
                        + " w_status_D=1 w_status_N=1 w_status_S=0",
                "SERVING  | Init Dis Stop    | backpool-S       | ENABLE w_rr= w_status_S=0",
                // an operator's own
                "SERVING  | Init Dis         |                  | -",
                "SERVING  | Init Stop        |                  | -",
                "SERVING  | Init Drn Ok      |                  | -",
                "SERVING  | Init Ign Ok      |                  | -",
                "SERVING  | Init Dis Err     |                  | -",
                "DRAINING | Init Dis         |                  | DRAIN w_rr=backpool-N"
                        + " w_status_N=1",
                "DRAINING | Init Drn Ok      |                  | -",
                "DISABLED | Init Drn Ok      |                  | DISABLE w_rr=backpool-D"
                        + " w_status_D=1",
                "DISABLED | Init Dis         |                  | DRAIN w_rr=backpool-N"
                        + " w_status_N=1",
                "SERVING  | Init Drn Dis     | backpool-N       | ENABLE w_rr= w_status_N=0",
                "SERVING  | Init Drn Dis     | backpool-D       | ENABLE w_rr= w_status_D=0",
                "SERVING  | Init Drn Stop    | backpool-N       | ENABLE w_rr= w_status_N=0",
                // an operator cleared what we want: we want it still
                "DRAINING | Init Ok          | backpool-N       | DRAIN w_status_N=1",
                // an operator's redirect is kept
                "DRAINING | Init Ok          | m2               | DRAIN w_rr=backpool-N~m2"
                        + " w_status_N=1",
                "SERVING  | Init Drn Ok      | backpool-N~m2    | ENABLE w_rr=m2 w_status_N=0",
                "SERVING  | Init Ok          | m2               | -",
                // errors of a member that is well
                "SERVING  | Init Err         |                  | PULSE w_rr=backpool-I"
                        + " w_status_I=1",
                "SERVING  | Init Ign Err     | backpool-I       | -",
                "SERVING  | Init Err HcFl    |                  | -",
                "SERVING  | Init Drn Dis Err | backpool-ND      | ENABLE w_rr=backpool-I"
                        + " w_status_D=0 w_status_I=1 w_status_N=0",
                "DRAINING | Init Ign Err     | backpool-I       | DRAIN w_rr=backpool-N"
                        + " w_status_I=0 w_status_N=1",
            })
    void eachPictureHasItsStep(
            DesiredState wanted, String shows, @Nullable String noted, @Nullable String step) {
        BalancerMember member = member(shows, noted == null ? "" : noted, "m1", 1);
        planner.alive(URL, now);
        assertThat(text(planner.step(balancer(member), wanted(wanted)))).isEqualTo(step);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                // wanted | shows            | noted       | agreed | held
                "SERVING  | Init Ok          | ''          | true   | false",
                "SERVING  | Init HcFl        | ''          | false  | false",
                "SERVING  | Init Err         | ''          | false  | false",
                "SERVING  | Init Ign Err     | backpool-I  | true   | false",
                "SERVING  | Init Drn Ok      | backpool-N  | false  | false",
                "SERVING  | Init Drn Ok      | ''          | true   | true",
                "SERVING  | Init Dis         | ''          | true   | true",
                "SERVING  | Init Stop        | ''          | true   | true",
                "DRAINING | Init Ok          | ''          | false  | false",
                "DRAINING | Init Drn Ok      | backpool-N  | true   | false",
                "DRAINING | Init Drn Dis     | backpool-N  | true   | true",
                "DISABLED | Init Drn Ok      | backpool-N  | false  | false",
                "DISABLED | Init Drn Dis     | backpool-ND | true   | false",
                "DISABLED | Init Stop        | ''          | true   | true",
            })
    void eachPictureIsJudged(
            DesiredState wanted, String shows, String noted, boolean agreed, boolean held) {
        Balancer balancer = balancer(member(shows, noted, "m1", 1));
        MemberInHttpd view = planner.view(balancer, wanted(wanted));
        assertThat(view.agreed()).isEqualTo(agreed);
        assertThat(view.held()).isEqualTo(held);
    }

    @Test
    void aDisabledMemberIsResumedOnceAndMayBeDisabledAgain() {
        Balancer disabled = balancer(member("Init Dis", "", "m1", 1));
        planner.resume(URL);
        assertThat(text(planner.step(disabled, wanted(SERVING)))).isEqualTo("ENABLE w_status_D=0");
        assertThat(planner.view(disabled, wanted(SERVING)).agreed()).isFalse();

        planner.view(balancer(member("Init Ok", "", "m1", 1)), wanted(SERVING));

        assertThat(planner.step(disabled, wanted(SERVING))).isEmpty();
        assertThat(planner.view(disabled, wanted(SERVING)).held()).isTrue();
    }

    @Test
    void aMemberThatIsResumedWhileItLeavesIsOursToBringBack() {
        Balancer disabled = balancer(member("Init Drn Dis", "", "m1", 1));
        planner.resume(URL);
        assertThat(text(planner.step(disabled, wanted(DRAINING))))
                .isEqualTo("ENABLE w_rr=backpool-N w_status_D=0");
    }

    @Test
    void aPulseEndsThoughNobodyAskedAndComesAgainLater() {
        Balancer failing = balancer(member("Init Err", "", "m1", 1));
        Balancer ignoring = balancer(member("Init Ign Err", "backpool-I", "m1", 1));
        planner.alive(URL, now);
        assertThat(text(planner.step(failing, wanted(SERVING)))).startsWith("PULSE");

        now = now.plus(Retries.PULSE);
        assertThat(text(planner.step(ignoring, wanted(SERVING))))
                .isEqualTo("SET w_rr= w_status_I=0");
        now = now.plus(Retries.PAUSE).minus(Duration.ofMillis(1));
        assertThat(planner.step(failing, wanted(SERVING))).isEmpty();
        now = now.plusMillis(1);
        assertThat(text(planner.step(failing, wanted(SERVING)))).startsWith("PULSE");
    }

    @Test
    void aMemberThatAnotherPoolStopsAgainAndAgainComesBackSeldom() {
        Balancer stopped = balancer(member("Init Stop", "backpool-S", "m1", 1));
        assertThat(text(planner.step(stopped, wanted(SERVING)))).startsWith("ENABLE");
        assertThat(planner.view(stopped, wanted(SERVING)).held()).isFalse();
        assertThat(planner.view(stopped, wanted(SERVING)).agreed()).isFalse();

        now = now.plus(Retries.PAUSE).minusMillis(1);
        assertThat(planner.step(stopped, wanted(SERVING))).isEmpty();
        now = now.plusMillis(1);
        assertThat(text(planner.step(stopped, wanted(SERVING)))).startsWith("ENABLE");
    }

    @Test
    void theSecondErrorIsPulsedAtOnceIfTheFirstWentAway() {
        Balancer failing = balancer(member("Init Err", "", "m1", 1));
        planner.step(failing, wanted(SERVING));
        now = now.plus(Retries.PULSE);
        planner.step(balancer(member("Init Ok", "", "m1", 1)), wanted(SERVING));
        planner.alive(URL, now);
        assertThat(text(planner.step(failing, wanted(SERVING)))).startsWith("PULSE");
    }

    /** One that hangs fails in httpd before the pool notices. */
    @Test
    void aMemberIsTriedAgainOnlyIfItWasWellSinceItFailed() {
        Balancer failing = balancer(member("Init Err", "", "m1", 1));
        planner.alive(URL, now);
        now = now.plusSeconds(1);
        assertThat(planner.step(failing, wanted(SERVING))).isEmpty();
        now = now.plusSeconds(60);
        assertThat(planner.step(failing, wanted(SERVING))).isEmpty();
        planner.alive(URL, now);
        assertThat(text(planner.step(failing, wanted(SERVING)))).startsWith("PULSE");
    }

    @Test
    void aFailedHealthCheckThatDoesNotComeAgainIsTakenBack() {
        Balancer failing = balancer(member("Init HcFl", "", "m1", 1));
        assertThat(planner.step(failing, wanted(SERVING))).isEmpty();
        now = now.plus(Retries.SILENCE).minusMillis(1);
        planner.alive(URL, now);
        assertThat(planner.step(failing, wanted(SERVING))).isEmpty();
        now = now.plusMillis(1);
        planner.alive(URL, now);
        assertThat(text(planner.step(failing, wanted(SERVING)))).isEqualTo("PULSE w_status_C=0");

        // It fails again: not for the clients to find out every five seconds.
        planner.step(balancer(member("Init Ok", "", "m1", 1)), wanted(SERVING));
        planner.step(failing, wanted(SERVING));
        now = now.plus(Retries.PAUSE).minusMillis(1);
        planner.alive(URL, now);
        assertThat(planner.step(failing, wanted(SERVING))).isEmpty();
        now = now.plusMillis(1);
        assertThat(text(planner.step(failing, wanted(SERVING)))).isEqualTo("PULSE w_status_C=0");
    }

    @Test
    void aWrongRouteAndFactorAreSetTogether() {
        BalancerMember member = member("Init Ok", "", "", 1);
        var wanted = new DesiredMember(URL, null, "m1", 3, SERVING);
        assertThat(text(planner.step(balancer(member, member), wanted)))
                .isEqualTo("SET w_lf=3.04 w_wr=m1");
    }

    @Test
    void aLoneMemberHasNoFactorToSet() {
        var wanted = new DesiredMember(URL, null, "m1", 3, SERVING);
        assertThat(planner.step(balancer(member("Init Ok", "", "m1", 1)), wanted)).isEmpty();
    }

    @Test
    void aShareIsAFactorAndChangesNothingElse() {
        BalancerMember member = member("Init Ok", "", "m1", 1);
        BalancerMember place = other(PLACE, "Init Ok", 1);
        assertThat(text(planner.step(balancer(member, place), weighed(10))))
                .isEqualTo("WEIGH w_lf=10");
        assertThat(planner.view(balancer(member, place), weighed(10)).agreed()).isTrue();
        BalancerMember ours = member("Init Ok", "", "m1", 10);
        assertThat(planner.step(balancer(ours, place), weighed(10))).isEmpty();
    }

    /** {@code others}: what else is in the balancer. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                // others: status, factor | ours | step
                "Init Ok, 1               | 1   | WEIGH w_lf=1.04",
                "Init Ok, 1               | 1.03 | ",
                "Init Ok, 1               | 3   | ",
                "Init Ok, 1               | 100 | WEIGH w_lf=1.04",
                "Init Ok, 9.5             | 100 | WEIGH w_lf=1.04",
                "Init Ok, 1; Init Ok, 100 | 1   | WEIGH w_lf=1.04",
                "Init Ok, 1.04            | 1   | WEIGH w_lf=50",
                "Init Ok, 1.03; Init Ok, 100 | 1 | WEIGH w_lf=50",
                "Init Ok, 10              | 100 | WEIGH w_lf=50",
                "Init Dis Ok, 1           | 100 | WEIGH w_lf=50",
                "Init Drn Ok, 1           | 100 | WEIGH w_lf=50",
                "Init Stby Ok, 1          | 100 | WEIGH w_lf=50",
                "Init Spar Ok, 1          | 100 | WEIGH w_lf=50",
            })
    void besideMembersThatNobodyWeighsOursHaveHttpdsFactor(
            String others, double ours, @Nullable String step) {
        List<BalancerMember> all = new ArrayList<>();
        all.add(member("Init Ok", "", "m1", ours));
        for (String other : others.strip().split("; ")) {
            String[] words = other.split(", ");
            URI url = URI.create("http://127.0.0.1:" + (9000 + all.size()));
            all.add(other(url, words[0], Double.parseDouble(words[1])));
        }
        assertThat(text(planner.step(balancer(all.toArray(BalancerMember[]::new)), weighed(50))))
                .isEqualTo(step);
    }

    private static DesiredMember weighed(int factor) {
        return new DesiredMember(URL, null, "m1", factor, SERVING);
    }

    private static BalancerMember other(URI url, String status, double factor) {
        return new BalancerMember(
                url.toString(), url, "x", "", 0, factor, MemberStatus.parse(status), 0, 0, 0, 0);
    }

    @Test
    void aFactorThatIsNotOursStays() {
        assertThat(planner.step(balancer(member("Init Ok", "", "m1", 7.5)), wanted(SERVING)))
                .isEmpty();
    }

    @Test
    void aStaticMemberThatIsMissingIsToldAndNotAdded() {
        assertThat(planner.step(balancer(), wanted(SERVING))).isEmpty();
        assertThat(planner.view(balancer(), wanted(SERVING)).problem())
                .contains("has no member http://127.0.0.1:8081: declare it");
        assertThat(planner.view(balancer(), wanted(DISABLED)).agreed()).isTrue();
    }

    @Test
    void aMissingMemberJoinsOnlyToServe() {
        assertThat(text(joining.step(balancer(), wanted(SERVING)))).isEqualTo("ADD");
        assertThat(joining.step(balancer(), wanted(DRAINING))).isEmpty();
    }

    @Test
    void aFreshMemberIsGivenRouteHealthCheckAndTraffic() {
        Balancer fresh = balancer(member("Init Dis", "", "", 1));
        assertThat(text(joining.step(fresh, wanted(SERVING))))
                .isEqualTo(
                        "ENABLE w_hf=1 w_hi=1000ms w_hm=GET11 w_hp=1 w_hu=/health/ready"
                                + " w_status_D=0 w_wr=m1");
    }

    @Test
    void aJoinedMemberThatIsGoneIsAskedNoMoreAfterItsHealth() {
        Balancer there = balancer(member("Init Ok", "", "m1", 1));
        Balancer gone = balancer(member("Init Drn Dis", "backpool-NDC", "m1", 1));
        assertThat(text(joining.step(there, wanted(GONE))))
                .isEqualTo("DISABLE w_hm=NONE w_rr=backpool-NDC w_status_D=1 w_status_N=1");
        assertThat(joining.view(there, wanted(GONE)).agreed()).isFalse();
        assertThat(joining.step(gone, wanted(GONE))).isEmpty();
        assertThat(joining.view(gone, wanted(GONE)).agreed()).isTrue();
        assertThat(joining.view(balancer(), wanted(GONE)).agreed()).isTrue();

        assertThat(text(joining.step(gone, wanted(SERVING))))
                .isEqualTo(
                        "ENABLE w_hf=1 w_hi=1000ms w_hm=GET11 w_hp=1 w_hu=/health/ready w_rr="
                                + " w_status_D=0 w_status_N=0");
    }

    @Test
    void anOperatorsDisabledMemberThatIsGoneIsStillHisWhenItReturns() {
        Balancer gone = balancer(member("Init Dis", "backpool-C", "m1", 1));
        assertThat(joining.view(gone, wanted(GONE)).agreed()).isTrue();
        assertThat(text(joining.step(gone, wanted(SERVING))))
                .startsWith("SET ")
                .doesNotContain("w_status");
    }

    @Test
    void aDeclaredMembersHealthCheckIsLeftAlone() {
        Balancer there = balancer(member("Init Ok", "", "m1", 1));
        assertThat(text(planner.step(there, wanted(GONE))))
                .isEqualTo("DISABLE w_rr=backpool-ND w_status_D=1 w_status_N=1");
        assertThat(
                        planner.view(
                                        balancer(member("Init Drn Dis", "backpool-ND", "m1", 1)),
                                        wanted(GONE))
                                .agreed())
                .isTrue();
    }

    @Test
    void aJoinedMemberThatAnOperatorDisabledStaysSo() {
        assertThat(joining.step(balancer(member("Init Dis", "", "m1", 1)), wanted(SERVING)))
                .isEmpty();
    }

    @Test
    void whatHttpdIsToldIsEnough() {
        for (String shows :
                List.of("Init Ok", "Init Drn Ok", "Init Drn Dis", "Init Dis", "Init Stop")) {
            for (DesiredState from : DesiredState.values()) {
                for (DesiredState to : DesiredState.values()) {
                    Balancer first = balancer(member(shows, "", "m1", 1));
                    Balancer there = done(first, planner.step(first, wanted(from)));
                    assertThat(planner.step(there, wanted(from))).isEmpty();
                    Balancer next = done(there, planner.step(there, wanted(to)));
                    assertThat(planner.step(next, wanted(to))).isEmpty();
                    Balancer back = done(next, planner.step(next, wanted(SERVING)));
                    assertThat(back).as("%s %s %s", shows, from, to).isEqualTo(first);
                }
            }
        }
    }

    /** httpd as it is after a step that it did. */
    private static Balancer done(Balancer seen, Optional<Step> step) {
        if (step.isEmpty()) {
            return seen;
        }
        BalancerMember member = seen.members().get(0);
        var status = new java.util.HashSet<>(member.status());
        String redirect = member.redirect();
        for (Change change : step.get().changes()) {
            for (var field : change.form().entrySet()) {
                if (field.getKey().equals("w_rr")) {
                    redirect = field.getValue();
                }
                for (MemberStatus flag : MemberStatus.values()) {
                    if (field.getKey().equals("w_status_" + flag.letter())) {
                        boolean on = field.getValue().equals("1");
                        assertThat(on ? status.add(flag) : status.remove(flag)).isTrue();
                    }
                }
            }
        }
        status.remove(MemberStatus.OK);
        if (!status.contains(MemberStatus.DISABLED) && !status.contains(MemberStatus.STOPPED)) {
            status.add(MemberStatus.OK);
        }
        return balancer(
                new BalancerMember(member.name(), URL, "m1", redirect, 0, 1, status, 0, 0, 0, 0));
    }

    private static @Nullable String text(Optional<Step> step) {
        return step.map(PlannerTest::text).orElse(null);
    }

    private static String text(Step step) {
        var form = new TreeMap<String, String>();
        step.changes().forEach(change -> form.putAll(change.form()));
        var text = new StringBuilder(step.action().name());
        form.forEach((key, value) -> text.append(' ').append(key).append('=').append(value));
        return text.toString();
    }

    private static DesiredMember wanted(DesiredState state) {
        return new DesiredMember(URL, null, "m1", null, state);
    }

    private static Balancer balancer(BalancerMember... members) {
        return new Balancer("app", "nonce", List.of(members));
    }

    private static BalancerMember member(
            String status, String redirect, String route, double factor) {
        return new BalancerMember(
                URL.toString(),
                URL,
                route,
                redirect,
                0,
                factor,
                MemberStatus.parse(status),
                0,
                0,
                0,
                0);
    }
}
