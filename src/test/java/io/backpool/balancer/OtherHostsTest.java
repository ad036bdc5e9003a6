package io.backpool.balancer;

import static org.assertj.core.api.Assertions.assertThat;

import io.backpool.balancer.OtherHosts.Answer;
import io.backpool.balancer.OtherHosts.Probe;
import java.net.URI;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** When a pool stops members of another one, and when it puts them in again: a look each second. */
class OtherHostsTest {
    private static final Set<URI> OURS = Set.of(url("10.0.0.1"));

    private Instant now = Instant.EPOCH;
    private final Map<String, @Nullable Answer> answers = new HashMap<>();
    private final List<String> probed = new ArrayList<>();
    private final OtherHosts hosts = new OtherHosts("httpd", () -> now, FakeProbe::new);

    /** What httpd shows, by host. */
    private final Map<String, Shown> page = new LinkedHashMap<>();

    @Test
    void aHostThatAnswersNeitherHttpdNorUsIsStopped() {
        serve("10.0.0.1", "10.0.0.2");
        look(3);
        vanish("10.0.0.2");

        assertThat(look(1)).isEmpty();
        assertThat(look(1)).containsExactly("STOP 10.0.0.2 w_rr=backpool-S w_status_S=1");
        assertThat(look(1)).as("as long as httpd does not have it").hasSize(1);

        stopped("10.0.0.2");
        assertThat(look(5)).isEmpty();
    }

    /** Docker's Compose made such names. */
    @Test
    void soIsOneWithANameThatNoHostMayHave() {
        serve("10.0.0.1", "app_1");
        look(3);
        vanish("app_1");
        look(1);
        assertThat(look(1)).containsExactly("STOP app_1 w_rr=backpool-S w_status_S=1");
    }

    @Test
    void aHostThatHttpdGetsAnswersFromHasNotVanished() {
        serve("10.0.0.1", "10.0.0.2");
        look(3);
        answers.put("10.0.0.2", Answer.NONE);
        assertThat(look(60)).isEmpty();
    }

    @Test
    void aHostThatAnswersUsHasNotVanishedNorHasOneThatRefuses() {
        serve("10.0.0.1", "10.0.0.2");
        look(3);
        vanish("10.0.0.2");
        answers.put("10.0.0.2", Answer.CONNECTED);
        assertThat(look(60)).isEmpty();
        answers.put("10.0.0.2", Answer.REFUSED);
        assertThat(look(60)).isEmpty();
    }

    @Test
    void aHostThatNeverAnsweredUsMayBeBehindAFirewall() {
        serve("10.0.0.1", "10.0.0.2");
        vanish("10.0.0.2");
        assertThat(look(60)).isEmpty();
    }

    @Test
    void aHostWithoutRequestsIsStoppedWhenTwoWereNotAnswered() {
        serve("10.0.0.1", "10.0.0.2");
        look(3);
        answers.put("10.0.0.2", Answer.NONE);
        show("10.0.0.2").rate = 0;
        assertThat(look(60)).isEmpty();

        Shown shown = show("10.0.0.2");
        shown.sent++;
        shown.busy++;
        assertThat(look(60)).isEmpty();
        shown.sent++;
        shown.busy++;
        assertThat(look(2)).hasSize(1);
    }

    /** A link between two pools fails, and answers take long: that none comes tells little. */
    @Test
    void aSlowHostIsGivenTwiceTheTimeThatItTookBefore() {
        serve("10.0.0.1", "10.0.0.2");
        Shown shown = show("10.0.0.2");
        look(3);
        shown.answering = false;
        look(8);
        shown.answering = true;
        look(1);
        shown.answering = false;
        answers.put("10.0.0.2", Answer.NONE);
        assertThat(look(12)).isEmpty();
        assertThat(look(6)).hasSize(1);
    }

    @Test
    void thatItIsSlowIsAlsoLearntWhileTheLinkToItFails() {
        serve("10.0.0.1", "10.0.0.2");
        Shown shown = show("10.0.0.2");
        look(3);
        answers.put("10.0.0.2", Answer.NONE);
        shown.answering = false;
        assertThat(look(8)).hasSize(1);
        shown.answering = true;
        look(1);
        shown.answering = false;
        assertThat(look(8)).isEmpty();
    }

    @Test
    void aLostConnectIsNotEnough() {
        serve("10.0.0.1", "10.0.0.2");
        show("10.0.0.2").answering = false;
        for (int i = 0; i < 10; i++) {
            answers.put("10.0.0.2", i % 2 == 0 ? Answer.CONNECTED : Answer.NONE);
            assertThat(look(1)).isEmpty();
        }
    }

    @Test
    void aHostThatWasAwayWasNotSlow() {
        serve("10.0.0.1", "10.0.0.2");
        look(3);
        vanish("10.0.0.2");
        look(60);
        show("10.0.0.2").answering = true;
        look(1);
        answers.put("10.0.0.2", Answer.CONNECTED);
        look(1);
        vanish("10.0.0.2");
        assertThat(look(2)).hasSize(1);
    }

    @Test
    void theLastThatServeAreNotStopped() {
        serve("10.0.0.1", "10.0.0.2");
        show("10.0.0.1").status = "Init Err";
        look(3);
        vanish("10.0.0.2");
        assertThat(look(10)).isEmpty();
        show("10.0.0.1").status = "Init Ok";
        assertThat(look(1)).hasSize(1);
    }

    @Test
    void severalHostsMayVanishAsLongAsAnotherServes() {
        serve("10.0.0.1", "10.0.0.2", "10.0.0.3");
        look(3);
        vanish("10.0.0.2");
        vanish("10.0.0.3");
        assertThat(look(2)).hasSize(2);
    }

    @Test
    void whatAnOperatorHoldsAndWhatIsNotedStays() {
        serve("10.0.0.1", "10.0.0.2", "10.0.0.3");
        show("10.0.0.2").redirect = "backpool-N@1x~m9";
        look(3);
        show("10.0.0.3").status = "Init Dis";
        vanish("10.0.0.2");
        vanish("10.0.0.3");
        assertThat(look(2)).containsExactly("STOP 10.0.0.2 w_rr=backpool-NS@1x~m9 w_status_S=1");
    }

    /** Its own pool is quicker; nobody remembers who stopped it. */
    @Test
    void aStoppedMemberIsPutInWhenItsHostHasAnsweredForAWhile() {
        serve("10.0.0.1", "10.0.0.2");
        stopped("10.0.0.2");
        look(9);
        answers.put("10.0.0.2", Answer.REFUSED);
        look(9);
        answers.put("10.0.0.2", Answer.CONNECTED);
        assertThat(look(10)).isEmpty();
        assertThat(look(1)).containsExactly("RETURN 10.0.0.2 w_rr= w_status_S=0");
    }

    @Test
    void onlyHostsInUseThatAreNotOursAreProbed() {
        serve("app_1", "10.0.0.1", "10.0.0.2", "10.0.0.3", "127.0.0.1", "localhost", "[::1]");
        show("10.0.0.3").status = "Init Dis";
        look(2);
        assertThat(probed).containsOnly("app_1", "10.0.0.2");
    }

    private void serve(String... names) {
        for (String name : names) {
            page.put(name, new Shown());
            answers.put(name, Answer.CONNECTED);
        }
    }

    private void vanish(String name) {
        answers.put(name, Answer.NONE);
        show(name).answering = false;
    }

    private void stopped(String name) {
        show(name).status = "Init Stop";
        show(name).redirect = "backpool-S";
        show(name).rate = 0;
    }

    private Shown show(String name) {
        return page.computeIfAbsent(name, key -> new Shown());
    }

    /** So many looks; what the last one says is to be done. */
    private List<String> look(int times) {
        List<String> steps = List.of();
        for (int i = 0; i < times; i++) {
            now = now.plusSeconds(1);
            page.values().forEach(Shown::secondPasses);
            List<BalancerMember> members = new ArrayList<>();
            page.forEach((name, shown) -> members.add(shown.member(name)));
            steps =
                    hosts.steps(new Balancer("app", "n", members), OURS).stream()
                            .map(OtherHostsTest::text)
                            .toList();
        }
        return steps;
    }

    private static String text(Step step) {
        Map<String, String> form = new TreeMap<>();
        step.changes().forEach(change -> form.putAll(change.form()));
        return step.action()
                + " "
                + BalancerMember.host(step.member().url())
                + form.entrySet().stream()
                        .map(field -> " " + field.getKey() + "=" + field.getValue())
                        .collect(Collectors.joining());
    }

    private static URI url(String host) {
        return URI.create("http://" + host + ":8081");
    }

    /** One member's line. */
    private static final class Shown {
        private String status = "Init Ok";
        private String redirect = "";
        private boolean answering = true;
        private int rate = 10;
        private long sent;
        private long busy;
        private long read;

        void secondPasses() {
            sent += rate;
            if (answering) {
                read += 100L * rate;
                busy = 0;
            } else {
                busy += rate;
            }
        }

        BalancerMember member(String host) {
            return new BalancerMember(
                    url(host).toString(),
                    url(host),
                    "m",
                    redirect,
                    0,
                    1,
                    MemberStatus.parse(status),
                    sent,
                    busy,
                    0,
                    read);
        }
    }

    private final class FakeProbe implements Probe {
        private final String host;

        FakeProbe(String host) {
            this.host = host;
        }

        @Override
        public @Nullable Answer look(Instant when, List<Integer> ports) {
            probed.add(host);
            return answers.get(host);
        }

        @Override
        public void close() {
            probed.remove(host);
        }
    }
}
