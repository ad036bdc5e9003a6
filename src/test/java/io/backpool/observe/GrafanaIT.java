package io.backpool.observe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.backpool.observe.AlertRules.Alert;
import io.backpool.observe.Dashboard.Query;
import io.backpool.testkit.Backend;
import io.backpool.testkit.Httpd;
import io.backpool.testkit.Ports;
import io.backpool.testkit.Prometheus;
import io.backpool.testkit.RedisServer;
import io.backpool.testkit.ServerProcess;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Every query of every panel, variable, annotation and alert, asked of a real Prometheus that
 * scrapes a pool behind a real httpd: none says "No data", neither in peace nor in trouble.
 */
class GrafanaIT {
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    /** What Grafana puts in while everything is chosen. */
    private static final Map<String, String> ALL =
            Map.of(
                    "job", ".+",
                    "instance", ".+",
                    "member", ".+",
                    "httpd", ".+",
                    "__rate_interval", "8s",
                    "__range", "5m");

    private static final Pattern LABEL_VALUES = Pattern.compile("label_values\\((.+), ([a-z]+)\\)");

    /** A comparison with a number, by which an alert's expression is empty while all is well. */
    private static final String THRESHOLD = " [<>=]=? [0-9.]+( \\* [0-9.]+)?";

    /**
     * Whose series only pools on several hosts, or with TLS, have: {@code VanishedHostIT} and
     * {@code TlsThroughHttpdIT} look for them.
     */
    private static final Set<String> OF_OTHER_POOLS =
            Set.of("BackpoolHostVanished", "BackpoolCertificateExpires");

    private final List<Dashboard> boards = Dashboard.all();

    @TempDir private Path directory;

    @Test
    void processesInPeaceAndInTrouble() throws Exception {
        int front = Ports.free();
        String manager = "http://127.0.0.1:%d/balancer-manager".formatted(front);
        try (RedisServer redis = RedisServer.start(directory);
                Backend pool =
                        Backend.start(
                                directory,
                                3,
                                "--processes",
                                "--balancer=" + manager,
                                "--sessions-url=" + redis.url(),
                                "--sticky-grace=0s",
                                "--limits-concurrency=2",
                                "--limits-queue=2");
                Httpd httpd = Httpd.start(directory, config(front, pool, 3), front);
                Prometheus prometheus =
                        Prometheus.start(directory, pool.adminPort(), AlertRules.RULES);
                Load load = new Load(front, 9)) {
            load.peace();
            nothingIsMissing(prometheus, false);
            nobodyIsAlarmed(prometheus);

            ServerProcess.signal("KILL", pid(pool, 0));
            await().atMost(PATIENCE).until(() -> restarts(pool, 0) == 1 && allReady(pool));
            assertThat(pool.control("/members/m3/restart").statusCode()).isEqualTo(202);
            await().atMost(PATIENCE).until(() -> restarts(pool, 2) == 1 && allReady(pool));
            assertThat(pool.control("/members/m2/drain").statusCode()).isEqualTo(202);
            disableByHand(manager, pool.httpPort(1));
            load.trouble();

            nothingIsMissing(prometheus, true);
            annotationsTell(prometheus);
            alertsHaveSomethingToCompare(prometheus);
            isAlarmed(
                    prometheus,
                    "BackpoolErrorBudgetBurnsFast",
                    "BackpoolErrorBudgetBurnsSlowly",
                    "BackpoolHttpdDisagrees",
                    "BackpoolMemberOutOfRotation",
                    "BackpoolShedding");

            redis.kill();
            isAlarmed(prometheus, "BackpoolServiceDown");
            httpd.stop();
            isAlarmed(prometheus, "BackpoolBalancerUnreachable");
            Query rotation = boards.get(2).queries().get(0);
            assertThat(rotation.where()).isEqualTo("Backpool / Pool, httpd: members in rotation");
            await().atMost(PATIENCE)
                    .until(() -> values(prometheus, rotation.expression()).equals(List.of("0")));
        }
    }

    /** Of two pools in one balancer; what each says of httpd counts once. */
    @Test
    void membersOfTwoPoolsInPeace() throws Exception {
        int front = Ports.free();
        String balancer = "--balancer=http://127.0.0.1:%d/balancer-manager".formatted(front);
        Path beside = Files.createDirectory(directory.resolve("beside"));
        try (Backend pool = Backend.start(directory, 2, balancer);
                Backend other = Backend.start(beside, 1, balancer, "--route-prefix=x");
                Httpd httpd =
                        Httpd.start(
                                directory,
                                config(front, pool, 2)
                                        .replace(
                                                "  ProxySet nonce",
                                                "  BalancerMember http://127.0.0.1:%d route=x1 retry=1%n  ProxySet nonce"
                                                        .formatted(other.httpPort(1))),
                                front);
                Prometheus prometheus =
                        Prometheus.start(
                                directory,
                                List.of(pool.adminPort(), other.adminPort()),
                                AlertRules.RULES);
                Load load = new Load(front, 1)) {
            load.peace();
            nothingIsMissing(prometheus, false);
            nobodyIsAlarmed(prometheus);
            Query rotation = query("Backpool / httpd, Members in rotation");
            await().atMost(PATIENCE)
                    .until(() -> values(prometheus, rotation.expression()).equals(List.of("3")));
            Query byHost = query("Backpool / Pool, httpd: members in rotation by host");
            assertThat(prometheus.query(Dashboard.substituted(byHost.expression(), ALL)))
                    .singleElement()
                    .satisfies(
                            series -> {
                                assertThat(series.at("/metric/host").asString())
                                        .isEqualTo("127.0.0.1");
                                assertThat(series.at("/value/1").asString()).isEqualTo("3");
                            });
            assertThat(values(prometheus, query("Backpool / httpd, Threads").expression()))
                    .hasSize(2);
            assertThat(
                            values(
                                    prometheus,
                                    "count(apache_workers) / count(%s)"
                                            .formatted(
                                                    query("Backpool / httpd, Threads")
                                                            .expression())))
                    .containsExactly("2");
            assertThat(
                            values(
                                    prometheus,
                                    query("Backpool / Pool, Pools: members that serve")
                                            .expression()))
                    .containsExactlyInAnyOrder("2", "1");
            assertThat(httpd.process().isAlive()).isTrue();
        }
    }

    private Query query(String where) {
        return boards.stream()
                .flatMap(board -> board.queries().stream())
                .filter(query -> query.where().equals(where))
                .findFirst()
                .orElseThrow();
    }

    /**
     * @param all also what says by itself what it means that there is nothing
     */
    private void nothingIsMissing(Prometheus prometheus, boolean all) {
        for (Dashboard board : boards) {
            for (JsonNode variable : board.variables()) {
                Matcher labels = LABEL_VALUES.matcher(variable.path("definition").asString(""));
                if (labels.matches()) {
                    hasData(
                            prometheus,
                            board.title() + ", $" + variable.path("name").asString(),
                            "count by (%1$s) (%2$s) unless on (%1$s) vector(0)"
                                    .formatted(labels.group(2), labels.group(1)));
                }
            }
            board.queries().stream()
                    .filter(query -> all || !query.mayBeEmpty())
                    .forEach(query -> hasData(prometheus, query.where(), query.expression()));
        }
    }

    private void annotationsTell(Prometheus prometheus) {
        for (Dashboard board : boards) {
            for (JsonNode annotation : board.annotations()) {
                hasData(
                        prometheus,
                        board.title() + ", " + annotation.path("name").asString(),
                        "max_over_time((%s)[5m:1s]) > 0"
                                .formatted(annotation.path("target").path("expr").asString()));
            }
        }
    }

    /** The expression without its thresholds and exceptions, and each of its selectors alone. */
    private void alertsHaveSomethingToCompare(Prometheus prometheus) {
        for (Alert alert : AlertRules.alerts()) {
            if (OF_OTHER_POOLS.contains(alert.name())) {
                continue;
            }
            String whole = alert.expression().replaceAll(THRESHOLD, "");
            String bare = withoutException(whole);
            Stream<String> selectors =
                    Pattern.compile("[a-z_:]+\\{[^}]*}(\\[\\w+])?")
                            .matcher(whole)
                            .results()
                            .map(found -> "count(last_over_time(" + in5m(found.group()) + "))");
            Stream.concat(Stream.of(bare), selectors)
                    .forEach(expression -> hasData(prometheus, alert.name(), expression));
        }
    }

    /** What stands before an {@code unless} that is in no parentheses. */
    private static String withoutException(String expression) {
        Matcher unless = Pattern.compile("\\sunless\\s").matcher(expression);
        while (unless.find()) {
            String before = expression.substring(0, unless.start());
            if (before.replace("(", "").length() == before.replace(")", "").length()) {
                return before;
            }
        }
        return expression;
    }

    private static String in5m(String selector) {
        return selector.endsWith("]") ? selector : selector + "[5m]";
    }

    private static void hasData(Prometheus prometheus, String where, String expression) {
        await(where + ": " + expression)
                .atMost(PATIENCE)
                .until(
                        () ->
                                values(prometheus, expression).stream()
                                        .anyMatch(value -> !value.equals("NaN")));
    }

    private static List<String> values(Prometheus prometheus, String expression) {
        return prometheus.query(Dashboard.substituted(expression, ALL)).stream()
                .map(series -> series.path("value").path(1).asString())
                .toList();
    }

    private static void nobodyIsAlarmed(Prometheus prometheus) {
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(prometheus.query("ALERTS")).isEmpty());
    }

    private static void isAlarmed(Prometheus prometheus, String... alerts) {
        await().atMost(PATIENCE)
                .untilAsserted(
                        () ->
                                assertThat(prometheus.query("ALERTS"))
                                        .extracting(
                                                series ->
                                                        series.path("metric")
                                                                .path("alertname")
                                                                .asString())
                                        .contains(alerts));
    }

    private static JsonNode member(Backend pool, int index) {
        return new JsonMapper()
                .readTree(pool.admin("/status.json").body())
                .path("members")
                .path(index);
    }

    private static long pid(Backend pool, int index) {
        return member(pool, index).path("pid").asLong();
    }

    private static int restarts(Backend pool, int index) {
        return member(pool, index).path("restarts").asInt();
    }

    private static boolean allReady(Backend pool) {
        return pool.status("/health/ready?all") == 200;
    }

    /** As an operator does it in balancer-manager. */
    private static void disableByHand(String manager, int port) throws Exception {
        String form = "b=app&w=http://127.0.0.1:%d&nonce=fixed&w_status_D=1".formatted(port);
        var request =
                HttpRequest.newBuilder(URI.create(manager))
                        .header("Content-Type", "application/x-www-form-urlencoded")
                        .header("Referer", manager)
                        .POST(BodyPublishers.ofString(form));
        assertThat(HTTP.send(request.build(), BodyHandlers.discarding()).statusCode())
                .isEqualTo(200);
    }

    private String config(int port, Backend pool, int members) {
        String declared =
                IntStream.rangeClosed(1, members)
                        .mapToObj(
                                k ->
                                        "BalancerMember http://127.0.0.1:%d route=m%d retry=1"
                                                .formatted(pool.httpPort(k), k))
                        .collect(Collectors.joining("\n  "));
        return Httpd.base(directory, port)
                + """
                <Location /balancer-manager>
                  SetHandler balancer-manager
                  Require ip 127.0.0.0/8
                </Location>
                <Location /server-status>
                  SetHandler server-status
                  Require ip 127.0.0.0/8
                </Location>
                <Proxy balancer://app>
                  %s
                  ProxySet nonce=fixed
                </Proxy>
                ProxyPass /balancer-manager !
                ProxyPass /server-status !
                ProxyPass / balancer://app/
                """
                        .formatted(declared);
    }

    /** Clients of the showcase. Whether they are answered is not looked at. */
    private static final class Load implements AutoCloseable {
        private static final List<String> PEACE =
                List.of(
                        "/",
                        "/whoami",
                        "/cached/me?ttl=1s",
                        "/session",
                        "/users",
                        "/sleep?for=10ms");

        private static final List<String> TROUBLE = List.of("/sleep?for=200ms", "/status/500");

        private final int port;
        private final ExecutorService clients;

        Load(int port, int clients) {
            this.port = port;
            this.clients = Executors.newFixedThreadPool(clients);
        }

        /** One client, one request at a time. */
        void peace() {
            clients.execute(
                    () -> {
                        while (!clients.isShutdown()) {
                            PEACE.forEach(this::get);
                            send(request("/messages").POST(BodyPublishers.ofString("x")));
                        }
                    });
        }

        /** Eight more. */
        void trouble() {
            for (int i = 0; i < 8; i++) {
                clients.execute(
                        () -> {
                            while (!clients.isShutdown()) {
                                TROUBLE.forEach(this::get);
                            }
                        });
            }
        }

        private void get(String path) {
            send(request(path));
        }

        private HttpRequest.Builder request(String path) {
            return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                    .timeout(Duration.ofSeconds(10));
        }

        private void send(HttpRequest.Builder request) {
            try {
                HTTP.send(request.build(), BodyHandlers.discarding());
            } catch (IOException e) {
                LockSupport.parkNanos(100_000_000); // httpd was stopped
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        @Override
        public void close() {
            clients.shutdownNow();
        }
    }
}
