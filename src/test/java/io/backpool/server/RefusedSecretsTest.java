package io.backpool.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.backpool.testkit.LogLines;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class RefusedSecretsTest {
    private long now;
    private final RefusedSecrets refused = new RefusedSecrets("m1", () -> now);

    @Test
    void eachPeerIsLoggedOnceAMinuteAndAllAreCounted() {
        try (LogLines log = LogLines.of(RefusedSecrets.class)) {
            refused.add("192.0.2.1", "wrong-secret");
            refused.add("192.0.2.1", "wrong-secret");
            refused.add("192.0.2.2", "");
            now += Duration.ofSeconds(59).toNanos();
            refused.add("192.0.2.1", "wrong-secret");
            assertThat(log.lines()).hasSize(2);

            now += Duration.ofSeconds(1).toNanos();
            refused.add("192.0.2.1", null);

            assertThat(log.lines()).hasSize(3);
            assertThat(log.lines().get(0))
                    .startsWith("m1 - AJP: refused a request from 192.0.2.1, ")
                    .contains("received: begins with " + AjpSecret.fingerprint("wrong-secret"))
                    .doesNotContain("wrong-secret");
            assertThat(log.lines().get(1)).contains("192.0.2.2", "received: none");
            assertThat(log.lines().get(2)).contains("received: not known");
            assertThat(refused.count()).isEqualTo(5);
        }
    }

    @Test
    void aFingerprintIsWhatSha256sumBeginsWith() {
        assertThat(AjpSecret.fingerprint("abc")).isEqualTo("ba78");
    }
}
