package io.backpool.balancer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Objects;
import org.junit.jupiter.api.Test;

/** What {@code server-status?auto} says, and what only looks like it. */
class HttpdStatusTest {
    @Test
    void threadsAreCountedByState() {
        HttpdStatus status =
                Objects.requireNonNull(
                        HttpdStatus.parse(
                                """
                                localhost
                                ServerVersion: Apache/2.4.71 (Debian)
                                Total Accesses: 12
                                BusyWorkers: 3
                                IdleWorkers: 2
                                Scoreboard: _W.KR_?..
                                """
                                        .getBytes(UTF_8)));

        assertThat(status.busy()).isEqualTo(3);
        assertThat(status.idle()).isEqualTo(2);
        assertThat(status.scoreboard())
                .hasSize(11)
                .containsEntry("idle", 2L)
                .containsEntry("reply", 1L)
                .containsEntry("keepalive", 1L)
                .containsEntry("open_slot", 3L)
                .containsEntry("dns", 0L);
    }

    @Test
    void anotherPageIsNone() {
        assertThat(HttpdStatus.parse("<html>Hello: World</html>".getBytes(UTF_8))).isNull();
        assertThat(HttpdStatus.parse("BusyWorkers: many\nIdleWorkers: 1".getBytes(UTF_8))).isNull();
    }
}
