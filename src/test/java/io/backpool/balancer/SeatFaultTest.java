package io.backpool.balancer;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class SeatFaultTest {
    private static final List<String> ROUTES = List.of("m1", "m2", "m3");

    /** What httpd listed after two members had joined, a graceful and a scale to 4. */
    @Test
    void aMemberThatIsListedTwiceIsNamedWithTheWayOut() {
        List<SeatFault> faults =
                faults("m3 8083 Ok", "m2 8082 Ok", "m3 8083 Ok", "m2 8082 Ok", "m1 8081 Ok");
        assertThat(faults).extracting(SeatFault::kind).containsOnly(SeatFault.Kind.DUPLICATE);
        assertThat(faults).extracting(SeatFault::route).containsExactly("m3", "m2");
        assertThat(faults.get(0).what())
                .isEqualTo("balancer://app lists http://10.0.0.5:8083 2 times");
        assertThat(faults.get(0).remedy()).contains("slotmem-shm-*.persist", "conf apache");
    }

    @Test
    void aRouteAtTwoAddressesIsNamedUnlessOneIsOut() {
        assertThat(faults("m1 8081 Ok", "m1 9081 Ok", "x1 7081 Ok", "x1 7082 Ok"))
                .singleElement()
                .satisfies(
                        fault -> {
                            assertThat(fault.kind()).isEqualTo(SeatFault.Kind.ROUTE_TAKEN);
                            assertThat(fault.what())
                                    .contains(
                                            "m1 at http://10.0.0.5:8081 and http://10.0.0.5:9081");
                        });
        assertThat(faults("m1 8081 Ok", "m1 9081 Dis")).isEmpty();
        assertThat(faults("m1 8081 Ok", "m2 8082 Drn Ok", "m3 8083 Dis")).isEmpty();
    }

    private static List<SeatFault> faults(String... members) {
        return SeatFault.of(
                new Balancer("app", "n", Stream.of(members).map(SeatFaultTest::member).toList()),
                ROUTES);
    }

    private static BalancerMember member(String text) {
        String[] words = text.split(" ", 3);
        String url = "http://10.0.0.5:" + words[1];
        return new BalancerMember(
                url, URI.create(url), words[0], "", 0, 1, MemberStatus.parse(words[2]), 0, 0, 0, 0);
    }
}
