package io.backpool.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfigReaderTest {
    @TempDir Path directory;

    @Test
    void nothingSaidIsTheDefaults() {
        Config config = ConfigReader.read(null, Map.of(), Map.of());

        assertThat(config.pool().name()).isEqualTo("app");
        assertThat(config.pool().members()).isEqualTo(2);
        assertThat(config.pool().route(2)).isEqualTo("m2");
        assertThat(config.pool().httpPort(2)).isEqualTo(8082);
        assertThat(config.pool().ajpPort(2)).isEqualTo(8010);
        assertThat(config.pool().drainTimeout()).isEqualTo(Duration.ofSeconds(30));
        assertThat(config.limits().headerSize()).isEqualTo(65_536);
        assertThat(config.admin().port()).isEqualTo(9990);
    }

    @ParameterizedTest
    @CsvSource({"''", "'# only a comment'", "'---'", "'{}'", "'\uFEFF'", "'pool:'"})
    void anEmptyFileIsValid(String text) throws IOException {
        assertThat(read(text)).isEqualTo(ConfigReader.read(null, Map.of(), Map.of()));
    }

    @Test
    void thePasswordOfAServiceIsNeverShown() throws IOException {
        for (String wrong :
                List.of(
                        "cache: {url: 'ridis://u:s3cret@h'}",
                        "queue: {url: 'amqq://u:s3/cr@et@h'}",
                        "database: {url: 'jdbc:oracle://h/d?user=u&password=s3cret'}",
                        "sessions: {url: 'http://:s3cret@h'}")) {
            assertThatExceptionOfType(ConfigException.class)
                    .isThrownBy(() -> read(wrong))
                    .withMessageContaining(".url: was ")
                    .withMessageNotContaining("s3c")
                    .withMessageNotContaining("s3/");
        }
        Config config = read("cache: {url: 'redis://u:s3cret@h:1/0'}");
        assertThat(config.toString()).contains("redis://h:1/0").doesNotContain("s3cret");
        assertThat(config.services().cache().withSecrets()).contains("s3cret");
    }

    @Test
    void aByteOrderMarkIsSkipped() throws IOException {
        assertThat(read("\uFEFFpool: {members: 3}").pool().members()).isEqualTo(3);
    }

    @Test
    void flagBeforeVariableBeforeFileBeforeDefault() throws IOException {
        Path file = write("pool:\n  members: 3\n  http-port: 7001\n  ajp-port: 7101\n");
        Map<String, String> environment =
                Map.of(
                        "BACKPOOL_POOL_MEMBERS",
                        "4",
                        "BACKPOOL_POOL_HTTP_PORT",
                        "7201",
                        "HOME",
                        "/");

        Config config = ConfigReader.read(file, environment, Map.of(PoolKeys.MEMBERS, "5"));

        assertThat(config.pool().members()).isEqualTo(5);
        assertThat(config.pool().httpPort()).isEqualTo(7201);
        assertThat(config.pool().ajpPort()).isEqualTo(7101);
        assertThat(config.pool().name()).isEqualTo("app");
    }

    /** What is wrong with the value of one key: the line it stands on, and what is said. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "pool: {members: 0} | 1: pool.members: was 0, must be a whole number from 1 to 100",
                "pool: {members: 101} | 1: pool.members: was 101, must be a whole number",
                "pool: {members: two} | 1: pool.members: was two, must be a whole number",
                "pool: {members: 2.5} | 1: pool.members: was 2.5, must be a whole number",
                "pool: {members: ''} | 1: pool.members: was '', must be a whole number",
                "pool: {members: [1, 2]} | 1: pool.members: was a list, must be a whole number",
                "pool: {members: {a: 1}} | 1: pool.members.a: no such setting",
                "pool: {members: 99999999999} | 1: pool.members: was 99999999999, must be",
                "pool: {name: 'a b'} | 1: pool.name: was a b, must be 1 to 32 letters",
                "pool: {name: 'a&b'} | 1: pool.name: was a&b, must be 1 to 32 letters",
                "pool: {route-prefix: 'm.'} | 1: pool.route-prefix: was m., must be 1 to 32",
                "pool: {bind: localhost} | 1: pool.bind: was localhost, must be an IP address",
                "pool: {bind: 1.2.3.4.5} | 1: pool.bind: was 1.2.3.4.5, must be an IP address",
                "pool: {bind: '::g'} | 1: pool.bind: was ::g, must be an IP address",
                "pool: {http-port: 0} | 1: pool.http-port: was 0, must be a whole number from 1",
                "pool: {http-port: 70000} | 1: pool.http-port: was 70000, must be",
                "pool: {ajp-port: -1} | 1: pool.ajp-port: was -1, must be a whole number from 0",
                "pool: {drain-timeout: 30} | 1: pool.drain-timeout: was 30, must be a duration",
                "pool: {drain-timeout: -5s} | 1: pool.drain-timeout: was -5s, must be a duration",
                "pool: {drain-timeout: 2h} | must be a duration such as 500ms, 30s or 5m, from 1s"
                        + " to 1h",
                "pool: {blocking: fibers} | was fibers, must be one of threads | virtual | auto",
                "pool: {io-threads: 0} | 1: pool.io-threads: was 0, must be a whole number",
                "limits: {header-size: 4k} | 1: limits.header-size: was 4k, must be a size in"
                        + " bytes",
                "limits: {header-size: 128k} | such as 512, 64k or 16m, from 8k to 64k",
                "limits: {body-size: 16mb} | 1: limits.body-size: was 16mb, must be a size",
                "limits: {idle-timeout: 1s} | 1: limits.idle-timeout: was 1s, must be a duration",
                "limits: {concurrency: 0} | 1: limits.concurrency: was 0, must be adaptive, off or"
                        + " a",
                "limits: {concurrency: fast} | was fast, must be adaptive, off or a number",
                "limits: {queue: -1} | 1: limits.queue: was -1, must be a whole number from 0",
                "sessions: {cookie: 'a=b'} | 1: sessions.cookie: was a=b, must be 1 to 32",
                "sessions: {url: 'http://h/'} | 1: sessions.url: was http://h/, must be memory: or",
                "sessions: {name: 'a:b'} | 1: sessions.name: was a:b, must be 1 to 32 letters",
                "sessions: {timeout: 0s} | 1: sessions.timeout: was 0s, must be a duration",
                "cache: {url: redis} | 1: cache.url: was redis, must be memory:, memcached://HOST",
                "cache: {url: 'memcached://h:1/x'} | was memcached://h:1/x, must be memory:",
                "cache: {name: 'a/b'} | 1: cache.name: was a/b, must be 1 to 32 letters",
                "queue: {url: 'amqp:h'} | 1: queue.url: was amqp:***, must be sqlite:FILE, amqp:",
                "queue: {url: 'sqlite:'} | 1: queue.url: was sqlite:, must be sqlite:FILE",
                "queue: {name: 'a b'} | 1: queue.name: was a b, must be 1 to 32 letters",
                "queue: {keep-done: 1s} | 1: queue.keep-done: was 1s, must be a duration",
                "database: {url: 'jdbc:mysql://h/d'} | 1: database.url: was jdbc:mysql://h/d, must",
                "database: {url: 'jdbc:sqlite:'} | was jdbc:sqlite:, must be jdbc:sqlite:FILE or",
                "trusted-proxies: [10.0.0.1/8] | 1: trusted-proxies: was 10.0.0.1/8, must be a"
                        + " list",
                "trusted-proxies: localhost | must be a list, each a network such as 10.0.0.0/8",
                "forwarded-header: both | was both, must be one of x-forwarded | rfc7239",
                "admin: {bind: 0.0.0.0} | 1: admin.bind: 0.0.0.0 can be reached from elsewhere",
                "admin: {token-file: missing} | 1: admin.token-file: missing is not a readable"
                        + " file",
                "pool: 5 | 1: pool: no such setting",
                "pol: {members: 1} | 1: pol.members: no such setting, did you mean pool.members?",
                "pool: {member: 1} | 1: pool.member: no such setting, did you mean pool.members?",
                "pool: {xyzzy-plugh: 1} | 1: pool.xyzzy-plugh: no such setting",
                "[1, 2] | 1: must be a section of key: value lines",
                "just words | 1: must be a section of key: value lines",
                "'pool: {members: 1' | is not YAML",
                "pool: {members: 1, members: 2} | pool.members: is there twice",
                "pool: {[a]: 1} | 1: a key must be a word",
                "pool: {http-port: 65535, members: 2} | ports 65535 to 65536 end above 65535",
                "pool: {http-port: 8009, members: 3} | ports 8009 to 8011 overlap",
                "admin: {port: 8082} | port 8082 overlaps ports 8081 to 8082 of pool.http-port",
                "app: {jar: missing.jar} | 1: app.jar: missing.jar is not a readable file",
                "pool: {bind: ~, members: ~, max-threads: 0} | pool.max-threads: was 0, must be",
                "pool: {slow-start: 2h} | 1: pool.slow-start: was 2h, must be a duration such as",
                "pool: {ejection: maybe} | pool.ejection: was maybe, must be true or false",
                "app: {warm-up: [/, x]} | 1: app.warm-up: was /,x, must be a list of paths such as",
                "pool: {ajp-secret-file: nowhere} | nowhere is not a readable file"
            })
    void aMistakeIsToldWithItsPlace(String text, String expected) throws IOException {
        assertThat(mistakes(text)).singleElement().asString().contains(expected.strip());
    }

    @Test
    void everyMistakeIsTold() throws IOException {
        String text =
                """
                pool:
                  members: none
                  drain-timeout: -5s
                limit:
                  idle-timeout: 75s
                """;
        Map<String, String> environment = Map.of("BACKPOOL_POOL_MEMBRS", "2");

        assertThatExceptionOfType(ConfigException.class)
                .isThrownBy(
                        () ->
                                ConfigReader.read(
                                        write(text), environment, Map.of(AdminConfig.PORT, "x")))
                .satisfies(
                        e ->
                                assertThat(e.mistakes())
                                        .extracting(this::withoutDirectory)
                                        .containsExactly(
                                                "backend.yaml:5: limit.idle-timeout: no such"
                                                    + " setting, did you mean limits.idle-timeout?",
                                                "BACKPOOL_POOL_MEMBRS: no such setting, did you"
                                                        + " mean BACKPOOL_POOL_MEMBERS?",
                                                "backend.yaml:2: pool.members: was none, must be a"
                                                        + " whole number from 1 to 100",
                                                "backend.yaml:3: pool.drain-timeout: was -5s, must"
                                                        + " be a duration such as 500ms, 30s or 5m,"
                                                        + " from 1s to 1h",
                                                "--admin-port: admin.port: was x, must be a whole"
                                                        + " number from 1 to 65535"));
    }

    @Test
    void whatIsMeantToExhaustUsIsOneLineWithItsPlace() throws IOException {
        String deep = "limits:\n  queue: " + "[".repeat(50_000) + "]".repeat(50_000) + "\n";
        assertThat(mistakes(deep))
                .singleElement()
                .asString()
                .contains("backend.yaml:2: limits.queue: must be a list of plain values");
        String sections = "a: ".repeat(1) + "{a: ".repeat(5000) + "1" + "}".repeat(5000);
        assertThat(mistakes(sections)).singleElement().asString().endsWith("too deep");
        var aliases = new StringBuilder("a0: &a0 {x: 1}\n");
        for (int i = 1; i < 40; i++) {
            aliases.append("a%1$d: &a%1$d {x: *a%2$d, y: *a%2$d}\n".formatted(i, i - 1));
        }
        assertThat(mistakes(aliases.toString()))
                .hasSize(51)
                .anySatisfy(line -> assertThat(line).contains(":2: a1.x: an alias"))
                .allSatisfy(line -> assertThat(line).hasSizeLessThan(300));
        assertThat(mistakes("pool: &p {name: *p}"))
                .singleElement()
                .asString()
                .contains(":1: pool.name: an alias (*) is not read, write the value");
        assertThat(mistakes("pool: {name: '" + "x\n\n".repeat(50_000) + "'}"))
                .singleElement()
                .asString()
                .hasSizeLessThan(500)
                .doesNotContain("\n");
        assertThat(mistakes("x".repeat(100_000) + ": {a: 1, b: 2}"))
                .allSatisfy(line -> assertThat(line).hasSizeLessThan(500));
        var many = new StringBuilder();
        for (int i = 0; i < 100_000; i++) {
            many.append("setting").append(i).append(": 1\n");
        }
        assertThat(mistakes(many.toString())).hasSizeLessThan(60);
    }

    @Test
    void aListIsNoPlainValue() throws IOException {
        for (String text :
                List.of(
                        "pool: {members: [2]}",
                        "pool: {name: [app]}",
                        "cache: {url: ['memory:']}",
                        "access-log: {file: [a.log]}",
                        "pool: {processes: [true]}")) {
            assertThat(mistakes(text)).singleElement().asString().contains("was a list, must be");
        }
        assertThat(read("trusted-proxies: [10.0.0.0/8]").trust().proxies()).hasSize(1);
    }

    @Test
    void variablesThatKubernetesSetsForAServiceAreNoSettings() throws IOException {
        Map<String, String> environment =
                Map.ofEntries(
                        Map.entry("BACKPOOL_PORT", "tcp://10.0.0.1:80"),
                        Map.entry("BACKPOOL_SERVICE_HOST", "10.0.0.1"),
                        Map.entry("BACKPOOL_SERVICE_PORT", "80"),
                        Map.entry("BACKPOOL_SERVICE_PORT_HTTP", "80"),
                        Map.entry("BACKPOOL_PORT_80_TCP", "tcp://10.0.0.1:80"),
                        Map.entry("BACKPOOL_PORT_80_TCP_PROTO", "tcp"),
                        Map.entry("BACKPOOL_PORT_80_TCP_PORT", "80"),
                        Map.entry("BACKPOOL_PORT_80_TCP_ADDR", "10.0.0.1"),
                        Map.entry("BACKPOOL_WEB_2_SERVICE_HOST", "10.0.0.2"),
                        Map.entry("BACKPOOL_WEB_PORT_53_UDP_ADDR", "fd00::1"),
                        Map.entry("BACKPOOL_ADMIN_PORT", "tcp://10.0.0.1:9990"),
                        Map.entry("BACKPOOL_POOL_HTTP_PORT", "8181"));
        Config config = ConfigReader.read(write(""), environment, Map.of());
        assertThat(config.admin().port()).isEqualTo(9990);
        assertThat(config.pool().httpPort()).isEqualTo(8181);
        assertThatExceptionOfType(ConfigException.class)
                .isThrownBy(
                        () ->
                                ConfigReader.read(
                                        write(""), Map.of("BACKPOOL_PORT", "80"), Map.of()));
    }

    @Test
    void noFormOfAUrlShowsItsSecret() {
        for (String url :
                List.of(
                        "jdbc:oracle:thin:u/s3cret@host:1521:x",
                        "jdbc:oracle:thin:u/s3cret@//host:1521/x",
                        "jdbc:oracle:thin:u/s3cret",
                        "jdbc:sqlserver://host;user=u;password=s3cret;x=y",
                        "jdbc:postgresql://host/db?user=u&pwd=s3cret",
                        "jdbc:postgresql://host/db?user=u&sslpassword=s3cret#x",
                        "jdbc:postgresql://u:s3cret@h1:1,h2:2/db",
                        "redis://:p@s3cret@host/0",
                        "redis://u:s3/cret@host?timeout=1",
                        "redis:s3cret@host",
                        "redis:s3cret",
                        "amqp://u:s3cret@host/%2f?auth=s3cret",
                        "jdbc:sqlite:data/app.db?password=s3cret",
                        "kafka://host:9092?sasl.jaas.config=s3cret")) {
            assertThat(new ServiceUrl(url).toString())
                    .as(url)
                    .doesNotContain("s3cret", "cret", "s3/");
            for (Key<?> key : List.of(ServicesConfig.CACHE_URL, ServicesConfig.DATABASE_URL)) {
                try {
                    ConfigReader.read(null, Map.of(), Map.of(key, url));
                } catch (ConfigException e) {
                    assertThat(e).hasMessageNotContaining("cret");
                }
            }
        }
        assertThat(new ServiceUrl("jdbc:sqlite:data/app.db?max_page_count=20"))
                .hasToString("jdbc:sqlite:data/app.db?max_page_count=20");
        assertThat(new ServiceUrl("redis://u:p@h:6379/0")).hasToString("redis://h:6379/0");
    }

    @Test
    void aFileThatCannotBeReadIsAMistake() throws IOException {
        Path missing = directory.resolve("missing.yaml");
        Path binary = directory.resolve("binary.yaml");
        Files.write(binary, new byte[] {'a', (byte) 0xff, (byte) 0xfe});

        assertThat(mistakes(missing)).containsExactly(missing + ": no such file");
        assertThat(mistakes(binary)).containsExactly(binary + ": is not UTF-8 text");
        assertThat(mistakes(directory)).singleElement().asString().contains("cannot be read");
    }

    @Test
    void virtualThreadsNeedAJavaThatHasThem() throws IOException {
        if (Runtime.version().feature() < 21) {
            assertThat(mistakes("pool: {blocking: virtual}"))
                    .singleElement()
                    .asString()
                    .contains("pool.blocking: virtual needs Java 21 or later, this is Java 17");
        } else {
            assertThat(read("pool: {blocking: virtual}").pool().blocking())
                    .isEqualTo(PoolConfig.Blocking.VIRTUAL);
        }
    }

    @Test
    void everyDefaultIsAllowed() {
        for (Key<?> key : Keys.ALL) {
            if (key.defaultText() != null) {
                assertThat(key.type().reader().apply(key.defaultText())).as(key.name()).isNotNull();
            }
        }
    }

    @Test
    void flagAndVariableFollowFromTheName() {
        assertThat(PoolKeys.HTTP_PORT.flag()).isEqualTo("--http-port");
        assertThat(PoolKeys.HTTP_PORT.variable()).isEqualTo("BACKPOOL_POOL_HTTP_PORT");
        assertThat(LimitsConfig.IDLE_TIMEOUT.flag()).isEqualTo("--limits-idle-timeout");
        assertThat(LimitsConfig.IDLE_TIMEOUT.variable()).isEqualTo("BACKPOOL_LIMITS_IDLE_TIMEOUT");
    }

    private String withoutDirectory(String mistake) {
        return mistake.replace(directory + "/", "");
    }

    private Config read(String text) throws IOException {
        return ConfigReader.read(write(text), Map.of(), Map.of());
    }

    private List<String> mistakes(String text) throws IOException {
        return mistakes(write(text));
    }

    private static List<String> mistakes(Path file) {
        try {
            return List.of("valid: " + ConfigReader.read(file, Map.of(), Map.of()));
        } catch (ConfigException e) {
            return e.mistakes();
        }
    }

    private Path write(String text) throws IOException {
        return Files.writeString(directory.resolve("backend.yaml"), text, StandardCharsets.UTF_8);
    }
}
