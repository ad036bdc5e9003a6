package io.backpool.balancer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.backpool.balancer.OtherHosts.Answer;
import io.backpool.testkit.Ports;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a connect comes to; {@link VanishedHostIT} has hosts that do not answer. */
class HostProbeIT {
    private Instant now = Instant.EPOCH;

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "localhost"})
    void aListenerIsConnectedAndAFreePortRefuses(String host) throws Exception {
        try (var listener = new ServerSocket(0, 1, InetAddress.getByName(host));
                var probe = new HostProbe(host)) {
            int open = listener.getLocalPort();
            int closed = Ports.free();
            List<@Nullable Answer> answers = new ArrayList<>();
            await().until(
                            () -> {
                                now = now.plus(HostProbe.LIMIT);
                                Answer answer = probe.look(now, List.of(open, closed));
                                if (answer != null) {
                                    answers.add(answer);
                                }
                                return answers.size() == 4;
                            });
            assertThat(answers)
                    .containsExactly(
                            Answer.REFUSED, Answer.CONNECTED, Answer.REFUSED, Answer.CONNECTED);
        }
    }
}
