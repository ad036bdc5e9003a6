package io.backpool.observe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.backpool.testkit.Backend;
import io.backpool.testkit.Command;
import io.backpool.testkit.Httpd;
import io.backpool.testkit.Ports;
import io.backpool.testkit.Prometheus;
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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

/** The metrics of a real pool behind a real httpd, as a real Prometheus sees them. */
class MetricsIT {
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    @TempDir Path directory;

    @Test
    void prometheusSeesBothSidesOfAPool() throws Exception {
        int front = Ports.free();
        String manager = "http://127.0.0.1:%d/balancer-manager".formatted(front);
        try (Backend backend = Backend.start(directory, 2, "--balancer=" + manager);
                Httpd httpd = Httpd.start(directory, config(directory, front, backend), front);
                Prometheus prometheus = Prometheus.start(directory, backend.adminPort())) {
            await().until(() -> httpd.process().isAlive() && get(front, "/") == 200);
            for (int i = 0; i < 20; i++) {
                assertThat(get(front, "/status/" + (i % 2 == 0 ? 200 : 500))).isIn(200, 500);
            }

            for (String query :
                    List.of(
                            "http_server_requests_seconds_count{member=\"m1\",protocol=\"HTTP/1.1\"}",
                            "http_server_requests_seconds_bucket{uri=\"/status/{code}\",status=\"500\"}",
                            "http_server_active_requests{member=\"m2\"}",
                            "undertow_connections_current{listener=\"ajp\"}",
                            "undertow_requests_total{listener=\"http\"} > 0",
                            "undertow_errors_total{listener=\"http\"} > 0",
                            "undertow_bytes_sent_total > 0",
                            "undertow_bytes_received_total > 0",
                            "undertow_threads_config_max{member=\"all\"} > 0",
                            "undertow_threads_current{member=\"all\"}",
                            "undertow_threads_busy{member=\"all\"}",
                            "undertow_queue_size{member=\"all\"}",
                            "backpool_member_state{state=\"serving\"} == 1",
                            "backpool_access_log_lines_total{result=\"written\"} > 0",
                            "backpool_balancer_up{balancer=\"app\"} == 1",
                            "apache_proxy_balancer_status{balancer=\"balancer://app\",status=~\".*Ok\"}"
                                + " == 1",
                            "apache_proxy_balancer_accesses_total > 0",
                            "apache_proxy_balancer_busy{worker=\"http://127.0.0.1:%d\"}"
                                    .formatted(backend.httpPort(1)),
                            "apache_proxy_balancer_request_kbytes_total > 0",
                            "apache_proxy_balancer_response_kbytes_total > 0",
                            "apache_workers{state=\"idle\"} > 0",
                            "apache_scoreboard{state=\"open_slot\"} > 0",
                            "jvm_memory_used_bytes > 0")) {
                await(query)
                        .atMost(Duration.ofSeconds(20))
                        .until(() -> !prometheus.query(query).isEmpty());
            }
            control(backend, "drain", "m2");
            await().atMost(Duration.ofSeconds(20))
                    .until(
                            () ->
                                    !prometheus
                                            .query(
                                                    "backpool_balancer_actions_total{action=\"drain\",result=\"done\"}"
                                                        + " == 1 and on()"
                                                        + " apache_proxy_balancer_status{status=\"Init"
                                                        + " Drn Ok\"} == 1")
                                            .isEmpty());
            // The only two are Micrometer's own.
            assertThat(lint(backend.admin("/metrics").body()).lines())
                    .allMatch(
                            line ->
                                    line.startsWith("process_cpu_time_ns_total ")
                                            || line.startsWith("system_cpu_count "));
            httpd.stop();
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> !prometheus.query("backpool_balancer_up == 0").isEmpty());
            assertThat(prometheus.healthyTargets())
                    .containsExactly("127.0.0.1:" + backend.adminPort());
        }
    }

    @Test
    void eachProcessIsATarget() {
        try (Backend backend = Backend.start(directory, 2, "--processes");
                Prometheus prometheus = Prometheus.start(directory, backend.adminPort())) {
            await().atMost(Duration.ofSeconds(20))
                    .untilAsserted(
                            () ->
                                    assertThat(prometheus.healthyTargets())
                                            .hasSize(3)
                                            .contains("127.0.0.1:" + (backend.adminPort() + 2)));
            await().until(
                            () ->
                                    prometheus
                                                    .query(
                                                            "undertow_threads_config_max{member=~\"m[12]\"}")
                                                    .size()
                                            == 2);
        }
    }

    @Test
    void openMetricsNamesARequestOfEachBucket() throws Exception {
        try (Backend backend = Backend.start(directory, 1, "--access-log-file=access.log")) {
            backend.get(1, "/me");
            String metrics = openMetrics(backend);

            assertThat(metrics).endsWith("# EOF\n");
            assertThat(metrics.lines().filter(line -> line.contains("# {")))
                    .isNotEmpty()
                    .allMatch(line -> line.contains("_bucket{")); // all that Prometheus 2.42 takes
            String id =
                    metrics.replaceAll(
                            "(?s).*uri=\"/\\{name}\"[^\\n]*trace_id=\"([^\"]*)\".*", "$1");
            await().until(
                            () ->
                                    Files.readString(directory.resolve("access.log"))
                                            .contains(" m1 " + id + " "));
        }
    }

    @Test
    void aMethodInAnotherSpellingIsNoSeriesOfItsOwn() throws Exception {
        try (Backend backend = Backend.start(directory, 1)) {
            for (String method : List.of("get", "Get", "GET")) {
                URI uri = URI.create("http://127.0.0.1:" + backend.httpPort(1) + "/me");
                HttpRequest request =
                        HttpRequest.newBuilder(uri).method(method, BodyPublishers.noBody()).build();
                assertThat(HTTP.send(request, BodyHandlers.discarding()).statusCode())
                        .isEqualTo(200);
            }
            assertThat(backend.admin("/metrics").body().lines())
                    .filteredOn(line -> line.startsWith("http_server_requests_seconds_count"))
                    .filteredOn(line -> line.contains("uri=\"/{name}\""))
                    .singleElement()
                    .asString()
                    .contains("method=\"GET\"")
                    .endsWith(" 3");
        }
    }

    @Test
    void targetsAreWhatPrometheusDiscovers() {
        try (Backend backend = Backend.start(directory, 1)) {
            assertThat(backend.admin("/targets").body())
                    .isEqualTo(
                            "[{\"targets\":[\"127.0.0.1:%d\"],\"labels\":{}}]"
                                    .formatted(backend.adminPort()));
            assertThat(new JsonMapper().readTree(backend.admin("/targets").body()).isArray())
                    .isTrue();
        }
    }

    private String lint(String metrics) throws IOException {
        Path file = Files.writeString(directory.resolve("metrics.txt"), metrics);
        String promtool = ServerProcess.program("promtool");
        return Command.run(directory, List.of("sh", "-c", promtool + " check metrics <" + file))
                .output();
    }

    private static String openMetrics(Backend backend) throws IOException, InterruptedException {
        var uri = URI.create("http://127.0.0.1:%d/metrics".formatted(backend.adminPort()));
        var request =
                HttpRequest.newBuilder(uri)
                        .header("Accept", "application/openmetrics-text; version=1.0.0")
                        .build();
        return HTTP.send(request, BodyHandlers.ofString()).body();
    }

    private static int get(int port, String path) throws IOException, InterruptedException {
        var uri = URI.create("http://127.0.0.1:" + port + path);
        return HTTP.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.discarding())
                .statusCode();
    }

    /** httpd before the first two members of a pool over HTTP. */
    static String config(Path directory, int port, Backend backend) {
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
                  BalancerMember http://127.0.0.1:%d route=m1
                  BalancerMember http://127.0.0.1:%d route=m2
                </Proxy>
                ProxyPass /balancer-manager !
                ProxyPass /server-status !
                ProxyPass / balancer://app/
                """
                        .formatted(backend.httpPort(1), backend.httpPort(2));
    }

    private void control(Backend backend, String... arguments) {
        List<String> command = Backend.command(arguments);
        command.addAll(backend.settings());
        assertThat(Command.run(directory, command).exit()).isEqualTo(0);
    }
}
