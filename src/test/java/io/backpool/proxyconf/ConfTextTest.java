package io.backpool.proxyconf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.backpool.config.BalancerConfig.Membership;
import io.backpool.config.BalancerConfig.Protocol;
import io.backpool.config.Config;
import io.backpool.config.ConfigReader;
import io.backpool.config.Key;
import io.backpool.config.Keys;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The printed text. Each expected file is what the command in its comment prints. */
class ConfTextTest {
    private static final Path DIRECTORY = Path.of("/srv/backpool");
    private static final Listen LISTEN = Listen.parse("8080");
    private static final URI MANAGER = URI.create("http://127.0.0.1:9980/balancer-manager");

    @TempDir Path directory;

    /** {@code conf apache --protocol ...} with the default settings is the sample of that name. */
    @ParameterizedTest
    @EnumSource
    void theSamplesAreWhatIsPrinted(Protocol protocol) throws IOException {
        Path secret = Files.createFile(directory.resolve("ajp-secret"));

        String printed =
                apache(protocol, Membership.STATIC, "--ajp-secret-file=" + secret)
                        .replace(directory.toString(), "/etc/backpool");

        assertThat(printed)
                .isEqualTo(
                        Files.readString(
                                Path.of(
                                        "apache-conf",
                                        protocol.name().toLowerCase(Locale.ROOT) + ".conf")));
    }

    /** {@code conf apache --membership join}. */
    @Test
    void theSampleForJoiningIsWhatIsPrinted() throws IOException {
        assertThat(apache(Protocol.HTTP, Membership.JOIN))
                .isEqualTo(Files.readString(Path.of("apache-conf", "http-join.conf")));
    }

    @ParameterizedTest
    @CsvSource({"1,8", "4,8", "5,10", "50,100", "100,100"})
    void joiningHasHeadroom(int members, int places) {
        String text =
                apache(Protocol.HTTP, Membership.JOIN, "--members=" + members, "--ajp-port=0");
        List<String> declared =
                text.lines().filter(line -> line.contains("BalancerMember")).toList();
        assertThat(declared).hasSize(places);
        assertThat(declared.subList(0, members)).allMatch(line -> line.contains("hctemplate="));
        assertThat(declared.subList(members, places))
                .allMatch(line -> line.endsWith(" status=+D redirect=backpool-DC"));
    }

    /** httpd keeps what it knew while there are as many places as before. */
    @Test
    void whereAnOptionOfAPlaceChangesSoDoesTheNumberOfPlaces() {
        String growth = "(?s).*ProxySet (growth=\\d+) .*";
        assertThat(apache(Protocol.HTTP, Membership.JOIN, "--limits-idle-timeout=20s"))
                .doesNotContain(apache(Protocol.HTTP, Membership.JOIN).replaceAll(growth, "$1 "));
    }

    /** httpd gives a vhost with a directive of mod_proxy a balancer of its own. */
    @Test
    void whereMembersJoinNoVhostHasADirectiveOfModProxy() {
        String printed = apache(Protocol.HTTP, Membership.JOIN);

        assertThat(printed.substring(printed.indexOf("<VirtualHost")).lines())
                .noneMatch(line -> line.strip().matches("(Proxy|<Proxy|Balancer).*"));
    }

    /** {@code conf apache --standalone --dir /srv/backpool}. */
    @Test
    void aCompleteFile() throws IOException {
        assertThat(
                        ApacheConf.render(
                                config(),
                                new FrontEnd(
                                        "app",
                                        Protocol.HTTP,
                                        Membership.STATIC,
                                        LISTEN,
                                        true,
                                        DIRECTORY,
                                        FrontEnd.DEFAULT_CLIENTS,
                                        false,
                                        List.of(),
                                        MANAGER,
                                        List.of(),
                                        List.of(),
                                        List.of(),
                                        null)))
                .isEqualTo(expected("standalone.conf"));
    }

    /** {@code conf nginx --dir /srv/backpool}. */
    @Test
    void nginx() throws IOException {
        assertThat(NginxConf.render(config(), LISTEN, DIRECTORY)).isEqualTo(expected("nginx.conf"));
    }

    /** {@code conf haproxy}. */
    @Test
    void haproxy() throws IOException {
        assertThat(HaproxyConf.render(config(), LISTEN)).isEqualTo(expected("haproxy.conf"));
    }

    /** {@code conf prometheus --dir /srv/backpool}. */
    @Test
    void prometheus() throws IOException {
        assertThat(prometheus(config(), DIRECTORY.resolve("backpool-alerts.yml")))
                .isEqualTo(expected("prometheus.yml"));
    }

    @ParameterizedTest
    @CsvSource({
        "--name=shop, job_name: shop",
        "--admin-port=7000, url: http://127.0.0.1:7000/targets",
        "--admin-bind=::1, 'url: http://[::1]:9990/targets'"
    })
    void prometheusReflectsTheSettings(String flag, String text) {
        assertThat(prometheus(config(flag), DIRECTORY)).contains(text);
    }

    @Test
    void prometheusScrapesPoolsOnSeveralHosts() {
        String printed =
                PrometheusConf.render(
                        config(),
                        DIRECTORY,
                        List.of(
                                URI.create("https://10.0.0.5:9990/"),
                                URI.create("http://10.0.0.6:9990/")),
                        Path.of("/etc/prometheus/ca.pem"));
        assertThat(printed)
                .endsWith(
                        """
                          - job_name: app
                            tls_config:
                              ca_file: '/etc/prometheus/ca.pem'
                            http_sd_configs:
                              - url: https://10.0.0.5:9990/targets
                                refresh_interval: 30s
                                tls_config:
                                  ca_file: '/etc/prometheus/ca.pem'
                              - url: http://10.0.0.6:9990/targets
                                refresh_interval: 30s
                        """);
    }

    private static String prometheus(Config config, Path rules) {
        return PrometheusConf.render(config, rules, List.of(), null);
    }

    @Test
    void prometheusTakesTheNameOfAFileForAPattern() {
        assertThat(prometheus(config(), Path.of("/it's [a]/x*")))
                .contains("- '/it''s \\[a]/x\\*'\n");
    }

    /** {@code java -jar /opt/backpool/backend.jar conf systemd}. */
    @Test
    void systemd() throws IOException {
        assertThat(systemdUnit("--processes=true")).isEqualTo(expected("systemd.service"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--name=shop | Description=Backpool, balancer://shop",
                "--drain-timeout=90s | TimeoutStopSec=150s",
                "--members=10 | TimeoutStartSec=1050s",
                "--limits-connections=100 | LimitNOFILE=4496",
                "--limits-connections=1000000 | LimitNOFILE=1048576",
                "--access-log-file=/tmp/access.log | ReadWritePaths=-/tmp",
                "--queue-url=sqlite:/srv/a b/q.db | ReadWritePaths=-\"/srv/a b\"",
                "--database-url=jdbc:sqlite:/srv/50%/a.db | ReadWritePaths=-/srv/50%%",
                "--http-port=80 | AmbientCapabilities=CAP_NET_BIND_SERVICE",
                "--ajp-port=0 | CapabilityBoundingSet=",
            })
    void systemdReflectsTheSettings(String flag, String line) {
        assertThat(systemdUnit(flag).lines()).contains(line);
    }

    @Test
    void withoutProcessesThereIsNothingToReload() {
        assertThat(systemdUnit()).doesNotContain("ExecReload");
    }

    @Test
    void systemdReadsBackWhatWasMeant() {
        String unit =
                SystemdUnit.render(
                        config(), List.of("/home/a b/java", "-Dx=50%$\"\\", "-jar"), List.of());

        assertThat(unit)
                .contains("ExecStart=\"/home/a b/java\" \"-Dx=50%%$$\\\"\\\\\" -jar\n")
                .contains("ProtectHome=read-only\n");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--name=shop | <Proxy \"balancer://shop\"> | upstream shop { | backend shop",
                "--members=3 | http://127.0.0.1:8083 route=m3 | server 127.0.0.1:8083 | server m3",
                "--route-prefix=x | route=x2 | x2 app-x2; | server x2",
                "--bind=127.0.0.9 | http://127.0.0.9:8081 | 127.0.0.9:8082 | m1 127.0.0.9:8081",
                "--bind=0.0.0.0 | http://127.0.0.1:8081 | 127.0.0.1:8082 | m1 127.0.0.1:8081",
                "--bind=:: | http://[::1]:8081 | [::1]:8082 | m1 [::1]:8081",
                "--http-port=7000 | http://127.0.0.1:7001 | 127.0.0.1:7001 | m2 127.0.0.1:7001",
                "--limits-header-size=16k | ProxyIOBufferSize 16384"
                        + " | proxy_buffer_size 16384; | tune.bufsize 32768",
                "--limits-header-size=32k | responsefieldsize=32768"
                        + " | large_client_header_buffers 4 32768; | tune.bufsize 49152",
                "--limits-idle-timeout=10s | ttl=5 | keepalive_timeout 5s;"
                        + " | pool-purge-delay 833ms",
                "--limits-request-timeout=1500ms | timeout=7 | proxy_read_timeout 7s;"
                        + " | timeout server 7s",
                "--limits-body-size=1m | Listen 8080 | client_max_body_size 1048576; | bind :8080",
            })
    void everySettingIsReflected(String flag, String apache, String nginx, String haproxy) {
        assertThat(apache(Protocol.HTTP, flag)).contains(apache);
        assertThat(NginxConf.render(config(flag), LISTEN, DIRECTORY)).contains(nginx);
        assertThat(HaproxyConf.render(config(flag), LISTEN)).contains(haproxy);
    }

    @Test
    void ajpHasItsOwnPorts() {
        assertThat(apache(Protocol.AJP, "--ajp-port=7000"))
                .contains("BalancerMember ajp://127.0.0.1:7001 route=m2 ");
    }

    @Test
    void theHeadOfARequestOverHttp2IsOneFrame() {
        assertThat(apache(Protocol.H2C)).contains("LimitRequestFieldSize 16384");
        assertThat(apache(Protocol.H2C, "--limits-header-size=8k"))
                .contains("LimitRequestFieldSize 8192");
    }

    @ParameterizedTest
    @CsvSource({"4s,2", "5s,2", "59s,29", "60s,30", "75s,30", "1d,30"})
    void httpdLetsAConnectionGoWellBeforeTheMemberCloses(String idle, long ttl) {
        assertThat(Link.ttl(config("--limits-idle-timeout=" + idle))).isEqualTo(ttl);
    }

    @Test
    void theSecretIsIncludedNeverPrinted() throws IOException {
        Path secret = Files.writeString(directory.resolve("ajp-secret"), "not-to-be-seen");

        assertThat(apache(Protocol.AJP, "--ajp-secret-file=" + secret))
                .contains("Include \"" + directory.resolve("ajp-secret.conf") + "\"")
                .contains("secret=${BACKPOOL_AJP_SECRET}")
                .doesNotContain("not-to-be-seen");
        assertThat(apache(Protocol.HTTP)).doesNotContain("SECRET");
    }

    @Test
    void withoutAManagerPortThereIsNoManager() {
        var none =
                new FrontEnd(
                        "app",
                        Protocol.HTTP,
                        Membership.STATIC,
                        LISTEN,
                        false,
                        DIRECTORY,
                        FrontEnd.DEFAULT_CLIENTS,
                        false,
                        List.of(),
                        null,
                        List.of(),
                        List.of(),
                        List.of(),
                        null);

        assertThat(ApacheConf.render(config(), none)).doesNotContain("balancer-manager");
    }

    @ParameterizedTest
    @CsvSource({
        "8080, Listen 8080, <VirtualHost *:8080>, bind :8080",
        "127.0.0.1:80, Listen 127.0.0.1:80, <VirtualHost 127.0.0.1:80>, bind 127.0.0.1:80",
        "[::1]:80, Listen [::1]:80, <VirtualHost [::1]:80>, bind [::1]:80",
    })
    void listensWhereAsked(String text, String listen, String host, String bind) {
        Listen asked = Listen.parse(text);
        var frontEnd =
                new FrontEnd(
                        "app",
                        Protocol.HTTP,
                        Membership.STATIC,
                        asked,
                        false,
                        DIRECTORY,
                        FrontEnd.DEFAULT_CLIENTS,
                        false,
                        List.of(),
                        MANAGER,
                        List.of(),
                        List.of(),
                        List.of(),
                        null);

        assertThat(ApacheConf.render(config(), frontEnd)).contains(listen + "\n" + host + "\n");
        assertThat(HaproxyConf.render(config(), asked)).contains(bind + "\n");
        assertThat(NginxConf.render(config(), asked, DIRECTORY)).contains("listen " + text + ";");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "0", "65536", "localhost:80", "1.2.3.4", ":80", "80;", "::1:80"})
    void refusesWhatIsNoPlaceToListen(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Listen.parse(text))
                .withMessageContaining("ADDRESS:PORT");
    }

    @Test
    void theManagerIsWhereThePoolLooksForIt() {
        var frontEnd =
                new FrontEnd(
                        "shop",
                        Protocol.H2C,
                        Membership.JOIN,
                        LISTEN,
                        false,
                        DIRECTORY,
                        FrontEnd.DEFAULT_CLIENTS,
                        false,
                        List.of(),
                        URI.create("http://localhost:9000/bm"),
                        List.of(),
                        List.of(),
                        List.of(),
                        null);

        assertThat(ApacheConf.render(config(), frontEnd))
                .contains("<VirtualHost 127.0.0.1:9000>", "<Location \"/bm\">")
                .contains(
                        "serve --balancer"
                            + " http://localhost:9000/bm,name=shop,protocol=h2c,membership=join");
    }

    private static String systemdUnit(String... flags) {
        String java = "/usr/lib/jvm/default-java/bin/java";
        String jar = "/opt/backpool/backend.jar";
        return SystemdUnit.render(
                config(flags),
                List.of(java, "-jar", jar, "serve"),
                List.of(java, "-jar", jar, "restart"));
    }

    private static String apache(Protocol protocol, String... flags) {
        return apache(protocol, Membership.STATIC, flags);
    }

    private static String apache(Protocol protocol, Membership membership, String... flags) {
        Config config = config(flags);
        return ApacheConf.render(
                config,
                new FrontEnd(
                        config.pool().name(),
                        protocol,
                        membership,
                        LISTEN,
                        false,
                        DIRECTORY,
                        FrontEnd.DEFAULT_CLIENTS,
                        false,
                        List.of(),
                        MANAGER,
                        List.of(),
                        List.of(),
                        List.of(),
                        null));
    }

    private static Config config(String... flags) {
        Map<Key<?>, String> said = new HashMap<>();
        for (String flag : flags) {
            String[] parts = flag.split("=", 2);
            said.put(
                    Keys.ALL.stream()
                            .filter(key -> key.flag().equals(parts[0]))
                            .findFirst()
                            .orElseThrow(),
                    parts[1]);
        }
        return ConfigReader.read(null, Map.of(), said);
    }

    private static String expected(String name) throws IOException {
        try (InputStream in = ConfTextTest.class.getResourceAsStream(name)) {
            return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
