package io.backpool.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.backpool.config.ConfigReader;
import io.backpool.config.Key;
import io.backpool.config.Keys;
import io.backpool.testkit.LogLines;
import io.backpool.testkit.TestCa;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ListenerWarningsTest {
    @TempDir Path directory;

    @Test
    void ajpBeyondLoopbackIsClearText() {
        assertThat(warnings(Instant.now(), "pool.bind=0.0.0.0", "pool.advertise=10.0.0.5"))
                .singleElement()
                .asString()
                .startsWith("AJP listens on 0.0.0.0, beyond loopback")
                .contains("pool.ajp-port: 0");
        assertThat(
                        warnings(
                                Instant.now(),
                                "pool.bind=0.0.0.0",
                                "pool.advertise=10.0.0.5",
                                "pool.ajp-port=0"))
                .isEmpty();
        assertThat(warnings(Instant.now())).isEmpty();
    }

    @Test
    void aCertificateHasTheNameThatHttpdComparesAndIsRenewedInTime() {
        TestCa.make(directory, "members").issue("own", "10.0.0.5", 30);
        String[] right = tls("10.0.0.5");
        assertThat(warnings(Instant.now(), right)).isEmpty();
        assertThat(warnings(Instant.now().plus(Duration.ofDays(17)), right))
                .singleElement()
                .asString()
                .contains("pool.tls.certificate expires at ", "renew it");
        assertThat(warnings(Instant.now(), tls("10.0.0.6")))
                .singleElement()
                .asString()
                .startsWith("pool.tls.certificate is of [10.0.0.5], not of 10.0.0.6");
    }

    @Test
    void theTokenOfAnAdminListenerBeyondLoopbackIsClearText() throws Exception {
        TestCa.make(directory, "admins").issue("own", "10.0.0.5", 30);
        Path token = Files.writeString(directory.resolve("token"), "correct-horse-battery");
        Files.setPosixFilePermissions(token, PosixFilePermissions.fromString("rw-------"));
        String bind = "admin.bind=0.0.0.0";
        String file = "admin.token-file=" + token;
        assertThat(warnings(Instant.now(), bind, file))
                .singleElement()
                .asString()
                .startsWith("The admin listener is on 0.0.0.0, beyond loopback, without TLS")
                .contains("admin.tls");
        assertThat(
                        warnings(
                                Instant.now().plus(Duration.ofDays(17)),
                                bind,
                                file,
                                "admin.tls.certificate=" + directory.resolve("own.pem"),
                                "admin.tls.key=" + directory.resolve("own.key")))
                .satisfiesExactly(
                        name -> assertThat(name).contains("no subjectAltName"),
                        expiry -> assertThat(expiry).startsWith("admin.tls.certificate expires"));
    }

    private String[] tls(String host) {
        return new String[] {
            "pool.advertise=" + host,
            "pool.ajp-port=0",
            "pool.tls.certificate=" + directory.resolve("own.pem"),
            "pool.tls.key=" + directory.resolve("own.key")
        };
    }

    private static List<String> warnings(Instant now, String... settings) {
        Map<Key<?>, String> flags = new HashMap<>();
        for (String setting : settings) {
            String[] parts = setting.split("=", 2);
            Keys.ALL.stream()
                    .filter(key -> key.name().equals(parts[0]))
                    .forEach(key -> flags.put(key, parts[1]));
        }
        try (LogLines log = LogLines.of(ListenerWarnings.class)) {
            ListenerWarnings.log(ConfigReader.read(null, Map.of(), flags), now);
            return log.lines();
        }
    }
}
