package io.backpool.balancer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.backpool.config.ConfigReader;
import io.backpool.testkit.Ports;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Several httpds together: one that is away is named, and can be left out. */
class FrontEndsIT {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final int first = Ports.free(2);

    @Test
    void anHttpdThatIsAwayIsNamedAndCanBeLeftOut(@TempDir Path directory) throws Exception {
        try (var m1 = new StubMember("m1", first);
                var m2 = new StubMember("m2", first + 1);
                var one = new FrontEnd(directory, FrontEnd.declared(first, first + 1));
                var other = new FrontEnd(directory, FrontEnd.open(1));
                var frontEnds = open(one, other, "join")) {
            String away = "127.0.0.1:" + other.port + "/app";
            assertThat(frontEnds.names()).containsExactly("127.0.0.1:" + one.port + "/app", away);
            frontEnds.putIn(1, 100);
            await().atMost(PATIENCE).until(() -> frontEnds.isAgreed(1, Set.of()));
            frontEnds.putIn(2, 100);
            await().atMost(PATIENCE)
                    .untilAsserted(
                            () ->
                                    assertThat(frontEnds.problems(2))
                                            .singleElement()
                                            .asString()
                                            .startsWith(away + ": ")
                                            .contains("free"));
            assertThat(frontEnds.unreachable()).isEmpty();
            assertThat(frontEnds.problems(1)).isEmpty();

            other.httpd.stop();
            await().atMost(PATIENCE).until(() -> frontEnds.unreachable().equals(List.of(away)));
            assertThat(frontEnds.problems(1))
                    .singleElement()
                    .asString()
                    .startsWith(away + ": unknown: cannot reach ");
            frontEnds.disable(1);
            await().atMost(PATIENCE).until(() -> frontEnds.isAgreed(1, Set.of(away)));
            assertThat(one.answers(10)).containsExactly("m2");
            assertThat(frontEnds.isAgreed(1, Set.of())).isFalse();

            other.httpd.restart(other.port);
            frontEnds.askAgain(Set.of());
            assertThat(frontEnds.unreachable()).isEmpty();
            frontEnds.putIn(1, 100);
            await().atMost(PATIENCE).until(() -> frontEnds.isAgreed(1, Set.of()));
            assertThat(one.answers(10)).containsExactly("m1", "m2");
        }
    }

    private FrontEnds open(FrontEnd one, FrontEnd other, String membership) {
        String balancers =
                "%s %s,membership=%s"
                        .formatted(
                                one.url("/balancer-manager"),
                                other.url("/balancer-manager"),
                                membership);
        return FrontEnds.open(
                ConfigReader.read(
                        null,
                        Map.of(
                                "BACKPOOL_POOL_HTTP_PORT",
                                Integer.toString(first),
                                "BACKPOOL_BALANCERS",
                                balancers),
                        Map.of()));
    }
}
