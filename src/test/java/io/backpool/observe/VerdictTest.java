package io.backpool.observe;

import static org.assertj.core.api.Assertions.assertThat;

import io.backpool.balancer.Standing;
import io.backpool.observe.PoolView.ChangeProgress;
import io.backpool.observe.PoolView.MemberView;
import io.backpool.observe.StatusReport.FrontEnd;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class VerdictTest {
    private static final Standing IN = new Standing(Standing.IN, null, null);
    private static final Standing HELD = new Standing(Standing.OUT, "held", "resume it");
    private static final FrontEnd A = frontEnd("a", "up", null, 1, List.of());

    @Test
    void allIsWell() {
        assertThat(verdict(List.of(member("m1", "serving", IN), member("m2", "serving", IN)), A))
                .isEqualTo(new Verdict("good", "All 2 members serve in the front end", null));
    }

    @Test
    void aManagerThatCannotBeReadSaysNothingOfTheMembers() {
        var away = frontEnd("b", "unknown", "401", -1, List.of());
        var unknown = new Standing(Standing.UNKNOWN, "401", "doctor");

        Verdict verdict = verdict(List.of(member("m1", "serving", unknown)), away);

        assertThat(verdict.text())
                .isEqualTo("It is unknown whether front end b sends requests: 401");
        assertThat(verdict.command()).endsWith("doctor");
    }

    @Test
    void oneMemberOfTwoThatIsOutIsAWarningAndAllOfThemAreAnOutage() {
        MemberView out = member("m1", "serving", HELD);

        assertThat(verdict(List.of(out, member("m2", "serving", IN)), A))
                .isEqualTo(new Verdict("warn", "m1 is out in front end a: held", "resume it"));
        assertThat(verdict(List.of(out), A).level()).isEqualTo("bad");
    }

    @Test
    void aVanishedHostOfAnotherPoolIsNamed() {
        var beside = frontEnd("a", "up", null, 1, List.of("h2"));
        assertThat(verdict(List.of(member("m1", "serving", IN)), beside).text())
                .isEqualTo(
                        "In front end a the members at h2 are stopped: they answered neither httpd"
                                + " nor another pool");
    }

    @Test
    void aDrainedMemberComesWithTheCommandThatPutsItBack() {
        assertThat(verdict(List.of(member("m1", "serving", IN), member("m2", "draining", HELD)), A))
                .isEqualTo(
                        new Verdict(
                                "warn",
                                "m2 is drained: it gets no new clients",
                                "java -jar backend.jar resume m2"));
    }

    @Test
    void anEjectedMemberIsNamedWithItsReason() {
        MemberView sick =
                member("m2", "serving", IN, "answered 40 of its last 50 requests with 5xx");

        assertThat(verdict(List.of(member("m1", "serving", IN), sick), A))
                .isEqualTo(
                        new Verdict(
                                "warn",
                                "m2 is ejected, it gets next to nothing: it answered 40 of its"
                                        + " last 50 requests with 5xx",
                                "java -jar backend.jar drain m2"));
    }

    @Test
    void anOutageComesBeforeAChangeAndAChangeBeforeAWarning() {
        var roll = new ChangeProgress("restart", true, List.of("m2 - leaves"), null);
        List<MemberView> one = List.of(member("m1", "serving", IN), member("m2", "starting", HELD));

        assertThat(Verdict.of(Map.of(), one, List.of(A), roll, List.of()).text())
                .isEqualTo("restart is running: m2 - leaves");
        assertThat(Verdict.of(Map.of("queue", "DOWN"), one, List.of(A), roll, List.of()).text())
                .isEqualTo("The queue does not answer");
    }

    @Test
    void aSettingThatWaitsForARestartIsNamed() {
        List<MemberView> one = List.of(member("m1", "serving", IN));

        assertThat(
                        Verdict.of(Map.of(), one, List.of(A), null, List.of("pool.bind (a -> b)"))
                                .text())
                .isEqualTo("Needs a restart of the whole pool: pool.bind (a -> b)");
    }

    @Test
    void requestsThatWaitInAPauseAreCounted() {
        MemberView one = member("m1", "serving", IN);

        assertThat(Verdict.paused(Duration.ofSeconds(30), List.of(one, one)))
                .isEqualTo(
                        new Verdict(
                                "bad",
                                "The pool is paused by an operator: requests that wait: 0, each"
                                        + " for at most 30 s",
                                "java -jar backend.jar resume"));
    }

    private static Verdict verdict(List<MemberView> members, FrontEnd frontEnd) {
        @Nullable ChangeProgress none = null;
        return Verdict.of(Map.of(), members, List.of(frontEnd), none, List.of());
    }

    private static MemberView member(String route, String state, Standing standing) {
        return member(route, state, standing, null);
    }

    private static MemberView member(
            String route, String state, Standing standing, @Nullable String ejected) {
        return new MemberView(
                route,
                state,
                true,
                1,
                8081,
                0,
                0,
                -1,
                0,
                Traffic.NONE,
                Map.of("a", "Ok"),
                Map.of("a", standing),
                "1",
                Usage.NONE,
                100,
                ejected);
    }

    private static FrontEnd frontEnd(
            String name, String state, @Nullable String why, long threads, List<String> vanished) {
        return new FrontEnd(
                name,
                "http://" + name + "/bm",
                "app",
                "HTTP",
                "STATIC",
                state,
                why,
                threads,
                threads,
                vanished,
                List.of());
    }
}
