package io.backpool.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What was said at one moment stays said. */
class ConfigSnapshotTest {
    @TempDir Path directory;

    @Test
    void aChildReadsWhatItsParentReadWhateverIsWrittenLater() throws IOException {
        Path file = write("pool: {members: 3}\nlimits: {body-size: 1k}\n# Jörg\n");
        ConfigSnapshot taken =
                ConfigSnapshot.take(
                        file,
                        Map.of("BACKPOOL_POOL_HTTP_PORT", "7001", "HOME", "/root"),
                        Map.of(LimitsConfig.BODY_SIZE, "2k"));
        Config config = taken.read();
        write("pool: {members: 4}\n");
        ConfigSnapshot handedOn = handOn(taken);
        assertThat(handedOn.readSettings()).isEqualTo(config);
        assertThat(config.pool().members()).isEqualTo(3);
        assertThat(config.pool().httpPort()).isEqualTo(7001);
        assertThat(config.limits().bodySize()).isEqualTo(2048);
    }

    @Test
    void mistakesAreReportedWithTheOperatorsOwnPlace() throws IOException {
        Path file = write("# a comment\npool:\n  members: none\n  typo: 1\n");
        ConfigSnapshot taken =
                ConfigSnapshot.take(
                        file,
                        Map.of("BACKPOOL_POOL_HTTP_PORT", "far"),
                        Map.of(LimitsConfig.BODY_SIZE, "huge"));
        assertThatThrownBy(handOn(taken)::read)
                .hasMessageContaining(file + ":3: pool.members: was none")
                .hasMessageContaining(file + ":4: pool.typo: no such setting")
                .hasMessageContaining("BACKPOOL_POOL_HTTP_PORT: pool.http-port: was far")
                .hasMessageContaining("--limits-body-size: limits.body-size: was huge");
    }

    @Test
    void aFileThatIsGoneLaterIsNotLookedForAgain() throws IOException {
        Path jar = Files.writeString(directory.resolve("shop.jar"), "");
        ConfigSnapshot taken =
                ConfigSnapshot.take(write("app: {jar: %s}".formatted(jar)), Map.of(), Map.of());
        taken.read();
        Files.delete(jar);
        assertThat(handOn(taken).readSettings().app().jar()).isEqualTo(jar);
        assertThatThrownBy(taken::read).hasMessageContaining("is not a readable file");
    }

    @Test
    void whatTheWholePoolMustAgreeOnIsNamed() throws IOException {
        ConfigSnapshot before =
                snapshot(
                        """
                        pool: {http-port: 8081, sticky-grace: 60s, members: 2}
                        balancers: [{manager: "http://a/bm"}]
                        limits: {queue: 1}
                        """);
        assertThat(before.poolWideChanges(before)).isEmpty();
        assertThat(
                        before.poolWideChanges(
                                snapshot(
                                        """
                                        pool: {ajp-port: 8009, sticky-grace: 1m, members: 3}
                                        balancers: [{manager: "http://a/bm", name: app}]
                                        database: {url: "jdbc:postgresql://db/x?password=secret"}
                                        """)))
                .containsExactly("balancers[0].name (not set -> app)");
        assertThat(
                        before.poolWideChanges(
                                snapshot(
                                        """
                                        pool: {http-port: 9081, name: shop}
                                        admin: {port: 9000}
                                        balancers:
                                        - {manager: "http://a/bm", membership: join}
                                        - {manager: "http://b/bm"}
                                        """)))
                .containsExactly(
                        "admin.port (9990 -> 9000)",
                        "balancers[0].membership (static -> join)",
                        "balancers[1].manager (not set -> http://b/bm)",
                        "pool.http-port (8081 -> 9081)",
                        "pool.name (app -> shop)",
                        "pool.sticky-grace (60s -> 3s)");
    }

    @Test
    void whatOnlyAnotherVersionKnowsIsLeftToIt() throws IOException {
        ConfigSnapshot taken =
                snapshot("pool: {drain-timeout: 5s, new: 1, blocking: other}\nnewer: {key: 2}");
        assertThat(taken.readUnderstood().pool().drainTimeout()).hasSeconds(5);
        assertThatThrownBy(taken::read).hasMessageContaining("newer.key: no such setting");
    }

    @Test
    void itShowsNoPassword() throws IOException {
        ConfigSnapshot taken =
                ConfigSnapshot.take(
                        write("cache: {url: \"redis://:secret@a/0\"}"),
                        Map.of("BACKPOOL_QUEUE_URL", "amqp://a:secret@b/c"),
                        Map.of());
        assertThat(taken.toString()).doesNotContain("secret");
    }

    private static ConfigSnapshot handOn(ConfigSnapshot taken) {
        Map<String, String> environment = new HashMap<>(Map.of("BACKPOOL_OTHER", "1", "HOME", "/"));
        taken.putInto(environment);
        assertThat(environment).doesNotContainKey("BACKPOOL_OTHER").containsKey("HOME");
        return ConfigSnapshot.ofParent(environment);
    }

    private ConfigSnapshot snapshot(String text) throws IOException {
        return ConfigSnapshot.take(write(text), Map.of(), Map.of());
    }

    private Path write(String text) throws IOException {
        return Files.writeString(directory.resolve("backend.yaml"), text);
    }
}
