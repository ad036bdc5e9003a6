package io.backpool.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.backpool.config.BalancerConfig.Membership;
import io.backpool.config.BalancerConfig.Protocol;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What may be said of an httpd, and what each mistake is answered. */
class BalancerConfigTest {
    private static final URI MANAGER = URI.create("http://127.0.0.1:9980/balancer-manager");

    private Path directory;
    private Path file;
    private Path password;

    @BeforeEach
    void files(@TempDir Path temporary) throws IOException {
        directory = temporary;
        file = directory.resolve("backend.yaml");
        password = Files.writeString(directory.resolve("password"), "secret\n");
        Files.setPosixFilePermissions(password, PosixFilePermissions.fromString("rw-r-----"));
    }

    @Test
    void withoutBalancersHttpdIsLeftAlone() throws IOException {
        assertThat(read("").balancers()).isEmpty();
        assertThat(read("balancers: []").balancers()).isEmpty();
    }

    @Test
    void aListOfSectionsBecomesAListOfRecords() throws IOException {
        Config config =
                read(
                        """
                        pool: {name: shop}
                        balancers:
                          - manager: http://127.0.0.1:9980/balancer-manager
                          - manager: https://other/bm
                            name: app
                            protocol: h2c
                            membership: join
                            user: ops
                            password-file: %s
                        """
                                .formatted(password));
        assertThat(config.balancers())
                .containsExactly(
                        new BalancerConfig(
                                MANAGER, "shop", Protocol.HTTP, Membership.STATIC, null, null),
                        new BalancerConfig(
                                URI.create("https://other/bm"),
                                "app",
                                Protocol.H2C,
                                Membership.JOIN,
                                "ops",
                                password));
    }

    @Test
    void flagAndVariableSayTheSameInOneTextEach() throws IOException {
        String text = MANAGER + ",name=a,protocol=ajp http://x/bm,membership=join";
        List<BalancerConfig> expected =
                List.of(
                        new BalancerConfig(
                                MANAGER, "a", Protocol.AJP, Membership.STATIC, null, null),
                        new BalancerConfig(
                                URI.create("http://x/bm"),
                                "app",
                                Protocol.HTTP,
                                Membership.JOIN,
                                null,
                                null));
        Files.writeString(
                file,
                "balancers: [{manager: 'http://z/1'}, {manager: 'http://z/2'},"
                        + " {manager: 'http://z/3'}]");
        assertThat(
                        ConfigReader.read(file, Map.of(), Map.of(BalancerConfig.BALANCERS, text))
                                .balancers())
                .isEqualTo(expected);
        assertThat(
                        ConfigReader.read(file, Map.of("BACKPOOL_BALANCERS", text), Map.of())
                                .balancers())
                .isEqualTo(expected);
        assertThat(BalancerConfig.BALANCERS.flag()).isEqualTo("--balancer");
    }

    @Test
    void eachMistakeIsToldWithItsPlace() throws IOException {
        Path open = Files.writeString(directory.resolve("open"), "secret");
        Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rw-r--r--"));
        assertThat(
                        mistakes(
                                """
                                balancers:
                                  - manager: ftp://x/
                                    nme: app
                                  - name: app
                                  - manager: http://ops:secret@x/bm
                                  - manager: http://x/bm
                                  - manager: http://x/bm
                                    protocol: ajp
                                    membership: join
                                  - manager: http://y/bm
                                    user: ops
                                  - manager: http://z/bm
                                    user: ops
                                    password-file: %s
                                  - {}
                                """
                                        .formatted(open)))
                .satisfiesExactly(
                        m -> assertThat(m).contains(":15: balancers: must not be empty"),
                        m -> assertThat(m).contains(":3: balancers[0].nme: no such setting"),
                        m -> assertThat(m).contains(":2: balancers[0].manager: was ftp://x/"),
                        m -> assertThat(m).contains(":4: balancers[1]: lacks its manager"),
                        m ->
                                assertThat(m)
                                        .contains(":5: balancers[2].manager: was http://x/bm")
                                        .doesNotContain("secret"),
                        m -> assertThat(m).contains(":9: balancers[4].membership: join is for"),
                        m -> assertThat(m).contains(":7: balancers[4].manager: is there twice"),
                        m ->
                                assertThat(m)
                                        .contains(":11: balancers[5].user: needs a password-file"),
                        m ->
                                assertThat(m)
                                        .contains(":14: balancers[6].password-file: ")
                                        .contains("can be read by everyone"));
    }

    @Test
    void ajpNeedsAnAjpPort() throws IOException {
        assertThat(
                        mistakes(
                                """
                                pool: {ajp-port: 0}
                                balancers: [{manager: "http://x/bm", protocol: ajp}]
                                """))
                .singleElement()
                .asString()
                .contains(":2: balancers[0].protocol: ajp needs pool.ajp-port");
    }

    @Test
    void aMistakeInAFlagNamesTheFlag() {
        assertThatThrownBy(
                        () ->
                                ConfigReader.read(
                                        null,
                                        Map.of(),
                                        Map.of(
                                                BalancerConfig.BALANCERS,
                                                "http://x/bm,password=secret")))
                .hasMessageContaining("--balancer: balancers[0].password: no such setting")
                .hasMessageNotContaining("secret");
    }

    private Config read(String text) throws IOException {
        return ConfigReader.read(Files.writeString(file, text), Map.of(), Map.of());
    }

    @Test
    void aManagerOnAMembersPortIsAMistake() throws IOException {
        assertThatThrownBy(() -> read("balancers: [{manager: 'http://127.0.0.1:8082/bm'}]"))
                .hasMessageContaining(
                        "balancers[0].manager: port 8082 is the one that member m2 listens on");
        assertThatThrownBy(() -> read("balancers: [{url: 'http://127.0.0.1:9/bm'}]"))
                .hasMessageContaining("did you mean balancers.manager?");
        assertThat(read("balancers: [{manager: 'http://127.0.0.1:8083/bm'}]").balancers())
                .hasSize(1);
    }

    private List<String> mistakes(String text) throws IOException {
        Files.writeString(file, text);
        try {
            ConfigReader.read(file, Map.of(), Map.of());
        } catch (ConfigException e) {
            return e.mistakes();
        }
        throw new AssertionError("no mistake found");
    }
}
