package io.backpool.doctor;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import io.backpool.config.Config;
import io.backpool.config.ConfigReader;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the doctor makes of a configuration of httpd, as its {@code -D DUMP_CONFIG} prints it. */
class RulesTest {
    private static final Set<String> MODULES =
            Set.of(
                    "proxy",
                    "proxy_http",
                    "proxy_ajp",
                    "proxy_balancer",
                    "proxy_hcheck",
                    "slotmem_shm",
                    "headers");

    private final Config config = ConfigReader.read(null, Map.of(), Map.of());

    @ParameterizedTest
    @ValueSource(strings = {"printed-http", "printed-join", "by-hand", "main-server", "nonsense"})
    void findsWhatIsExpectedWhereItWasWritten(String name) throws Exception {
        String found =
                examine("2.4.62", MODULES, text(name + ".dump")).stream()
                        .map(finding -> finding.id() + " " + finding.where() + "\n")
                        .collect(joining());

        assertThat(found).isEqualTo(text(name + ".expected"));
    }

    @Test
    void aSecretIsComparedAndNeverShown() throws Exception {
        assertThat(examine("2.4.62", MODULES, text("by-hand.dump")).toString())
                .contains("ajp-secret-different")
                .containsPattern("SHA-256 begins with \\p{XDigit}{4}\\) .* \\(\\p{XDigit}{4}\\)")
                .doesNotContain("in-the-file-only")
                .doesNotContain("the-right-one");
    }

    @Test
    void whatHttpdComplainsOfIsToldWithoutTheSecret() {
        Finding finding =
                new HttpdBinary.ConfRefused("line 3: bad secret=in-the-file, not the-right-one")
                        .finding(Path.of("httpd.conf"), "the-right-one");

        assertThat(finding.what()).contains("line 3").doesNotContain("in-the-file", "right-one");
    }

    @Test
    void namesEachModuleThatIsMissing() throws Exception {
        assertThat(examine("2.4.62", Set.of("proxy"), text("printed-http.dump")))
                .extracting(Finding::what)
                .containsExactly(
                        "mod_proxy_balancer is not loaded",
                        "mod_slotmem_shm is not loaded",
                        "mod_proxy_hcheck is not loaded",
                        "mod_headers is not loaded",
                        "mod_proxy_http is not loaded");
    }

    @ParameterizedTest
    @CsvSource({"2.4.41,true", "2.4.42,false", "2.5.1,false", "?,false"})
    void knowsWhichHttpdHasNoSecrets(String version, boolean old) throws Exception {
        assertThat(
                        examine(version, MODULES, text("by-hand.dump")).stream()
                                .anyMatch(finding -> finding.id().equals("httpd-too-old")))
                .isEqualTo(old);
    }

    @ParameterizedTest
    @CsvSource({"30,30", "500ms,0.5", "2mi,120", "1h,3600", "7s,7", "'',-1", "soon,-1", "-3,-1"})
    void readsTimesAsHttpdDoes(String text, double seconds) {
        assertThat(Seconds.parse(text)).isEqualTo(seconds);
    }

    @Test
    void explainsTheCodesOfAnErrorLogAndSaysWhenItSawThemLast() throws Exception {
        List<Finding> findings = ErrorLog.examine(resource("errors.log"), Instant.EPOCH);

        assertThat(findings)
                .extracting(Finding::id)
                .containsExactly("AH00957", "AH01102", "AH01171");
        assertThat(findings.get(0).where()).endsWith("errors.log:3");
        assertThat(findings.get(0).what()).contains("2 lines").contains("03:14:09");
        assertThat(findings.get(1).what()).contains("1 line").contains("unknown time");
        assertThat(findings.get(2).why()).contains("the balancer has no member at all");
    }

    /** Health checks, and a person who looked at balancer-manager with curl, are in it, too. */
    @Test
    void whatIsOldIsNoFindingAnyMore() throws Exception {
        Path log = resource("errors.log");

        assertThat(ErrorLog.examine(log, at("2026-11-21T03:13:00")))
                .extracting(Finding::what)
                .startsWith("1 line of it, the last of Sat Nov 21 03:14:09.000001 2026");
        assertThat(ErrorLog.examine(log, at("2026-11-21T03:17:00"))).isEmpty();
    }

    private static Instant at(String local) {
        return LocalDateTime.parse(local).atZone(ZoneId.systemDefault()).toInstant();
    }

    private List<Finding> examine(String version, Set<String> modules, String dump) {
        var httpd = new HttpdConfig(version, modules, HttpdConfig.parse(dump));
        List<Finding> findings = new ArrayList<>();
        for (HttpdBalancer front : HttpdBalancer.of(config, httpd)) {
            findings.addAll(new ServerChecks(config, httpd).examine(front));
            findings.addAll(new MemberChecks(config, httpd, "the-right-one").examine(front));
            findings.addAll(new VirtualHostChecks(config, httpd).examine(front));
        }
        return findings;
    }

    private static Path resource(String name) throws URISyntaxException {
        return Path.of(Objects.requireNonNull(RulesTest.class.getResource(name)).toURI());
    }

    private static String text(String name) throws IOException, URISyntaxException {
        return Files.readString(resource(name));
    }
}
