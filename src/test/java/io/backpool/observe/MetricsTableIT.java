package io.backpool.observe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.backpool.testkit.Backend;
import io.backpool.testkit.Httpd;
import io.backpool.testkit.Ports;
import io.backpool.testkit.RedisServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

/** The table of metrics in reference.md is what a pool shows that uses everything, and no more. */
class MetricsTableIT {
    private static final Pattern SAMPLE = Pattern.compile("^(\\w+)(?:\\{(.*)})? \\S+$");
    private static final Pattern LABEL = Pattern.compile("(\\w+)=\"(?:\\\\.|[^\"\\\\])*\"");
    private static final Pattern CODE = Pattern.compile("`(\\w+)`");

    @TempDir Path directory;

    @Test
    void theReferenceHasEveryMetricAndItsLabels() throws IOException {
        int front = Ports.free();
        String manager = "http://127.0.0.1:%d/balancer-manager".formatted(front);
        try (RedisServer redis = RedisServer.start(directory);
                Backend pool =
                        Backend.start(
                                directory,
                                1,
                                "--processes",
                                "--sessions-url=" + redis.url(),
                                "--access-log-file=access.log",
                                "--balancer=" + manager);
                Httpd httpd = Httpd.start(directory, config(front, pool), front)) {
            ProcessHandle.of(pid(pool)).orElseThrow().destroyForcibly();
            await().atMost(Duration.ofSeconds(30))
                    .until(() -> pool.admin("/metrics").body().contains("reason=\"signal\"} 1.0"));
            pool.awaitReady();
            for (String path : new String[] {"/session", "/cached/me", "/users", "/messages/1"}) {
                assertThat(pool.get(1, path).statusCode()).isLessThan(500);
            }
            assertThat(pool.control("/members/m1/drain?force=1").statusCode()).isEqualTo(202);
            await().atMost(Duration.ofSeconds(30))
                    .untilAsserted(() -> assertThat(shown(pool)).isEqualTo(documented()));
            assertThat(httpd.process().isAlive()).isTrue();
        }
    }

    private static long pid(Backend pool) {
        return new JsonMapper()
                .readTree(pool.admin("/status.json").body())
                .at("/members/0/pid")
                .asLong();
    }

    /** Labels by name, of everything that is not Micrometer's own. */
    private static Map<String, Set<String>> shown(Backend pool) throws IOException {
        Map<String, Set<String>> shown = new TreeMap<>();
        for (int port : new int[] {pool.adminPort(), pool.adminPort() + 1}) {
            String metrics = pool.admin(port, "/metrics").body();
            metrics.lines()
                    .map(SAMPLE::matcher)
                    .filter(Matcher::matches)
                    .filter(sample -> !sample.group(1).matches("(jvm|process|system)_.*"))
                    .forEach(
                            sample ->
                                    shown.computeIfAbsent(
                                                    sample.group(1)
                                                            .replaceFirst(
                                                                    "_(bucket|count|sum)$", ""),
                                                    name -> new TreeSet<>())
                                            .addAll(labels(sample.group(2))));
        }
        return shown;
    }

    private static Set<String> labels(@org.jspecify.annotations.Nullable String text) {
        Set<String> labels = new TreeSet<>();
        Matcher label = LABEL.matcher(text == null ? "" : text);
        while (label.find()) {
            labels.add(label.group(1));
        }
        labels.remove("le");
        return labels;
    }

    private static Map<String, Set<String>> documented() throws IOException {
        String page = Files.readString(Path.of("src/site/markdown/reference.md"));
        String table =
                page.substring(page.indexOf("<!-- metrics"), page.indexOf("<!-- /metrics -->"));
        Map<String, Set<String>> documented = new TreeMap<>();
        table.lines()
                .filter(line -> line.startsWith("| `"))
                .map(line -> line.split("\\|"))
                .forEach(
                        cells ->
                                codes(cells[1])
                                        .forEach(name -> documented.put(name, codes(cells[2]))));
        documented.remove(Metric.HEALTH_CHECK.shown()); // of members that are programs
        documented.remove(Metric.TLS_CERTIFICATE_EXPIRY.shown()); // with pool.tls
        return documented;
    }

    private static Set<String> codes(String cell) {
        Set<String> codes = new TreeSet<>();
        Matcher code = CODE.matcher(cell);
        while (code.find()) {
            codes.add(code.group(1));
        }
        return codes;
    }

    private String config(int port, Backend pool) {
        return Httpd.base(directory, port)
                + """
                <Location /balancer-manager>
                  SetHandler balancer-manager
                </Location>
                <Location /server-status>
                  SetHandler server-status
                </Location>
                <Proxy balancer://app>
                  BalancerMember http://127.0.0.1:%d route=m1
                </Proxy>
                """
                        .formatted(pool.httpPort(1));
    }
}
