package io.backpool.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A real Prometheus that scrapes what a pool's {@code /targets} names. Used by one thread. */
public final class Prometheus implements AutoCloseable {
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    private final int port = Ports.free();
    private final ServerProcess process;

    private Prometheus(Path directory, Path config) {
        process =
                ServerProcess.start(
                        directory,
                        directory.resolve("prometheus.log"),
                        Map.of(),
                        List.of(
                                ServerProcess.program("prometheus"),
                                "--config.file=" + config,
                                "--storage.tsdb.path=" + directory.resolve("prometheus"),
                                "--web.listen-address=127.0.0.1:" + port));
    }

    /** Starts one that scrapes, and looks at these rules, every second. */
    public static Prometheus start(Path directory, int adminPort, Path... rules) {
        return start(directory, List.of(adminPort), rules);
    }

    /** The same, of several pools in one job. */
    public static Prometheus start(Path directory, List<Integer> adminPorts, Path... rules) {
        return start(
                directory,
                """
                global: {scrape_interval: 1s, scrape_timeout: 900ms, evaluation_interval: 1s}
                rule_files: [%s]
                scrape_configs:
                  - job_name: backpool
                    http_sd_configs:
                      %s
                """
                        .formatted(
                                Stream.of(rules)
                                        .map(file -> "'%s'".formatted(file.toAbsolutePath()))
                                        .collect(Collectors.joining(", ")),
                                adminPorts.stream()
                                        .map(
                                                port ->
                                                        "- {url: 'http://127.0.0.1:%d/targets', refresh_interval: 1s}"
                                                                .formatted(port))
                                        .collect(Collectors.joining("\n      "))));
    }

    /** Starts one with this prometheus.yml. */
    public static Prometheus start(Path directory, String config) {
        try {
            Path file = Files.writeString(directory.resolve("prometheus.yml"), config);
            var prometheus = new Prometheus(directory, file);
            prometheus.process.awaitPort(prometheus.port);
            prometheus.process.await("Prometheus to be ready", prometheus::isReady);
            return prometheus;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The series that {@code query} has now; fails if it is none. */
    public List<JsonNode> query(String query) {
        return get("/api/v1/query?query=" + URLEncoder.encode(query, UTF_8))
                .path("data")
                .path("result")
                .valueStream()
                .toList();
    }

    /** Names of the alerting rules that it knows. */
    public List<String> alerts() {
        return get("/api/v1/rules?type=alert")
                .path("data")
                .path("groups")
                .valueStream()
                .flatMap(group -> group.path("rules").valueStream())
                .map(rule -> rule.path("name").asString())
                .toList();
    }

    /** Addresses that answer a scrape. */
    public List<String> healthyTargets() {
        return get("/api/v1/targets")
                .path("data")
                .path("activeTargets")
                .valueStream()
                .filter(target -> target.path("health").asString().equals("up"))
                .map(target -> target.path("labels").path("instance").asString())
                .sorted()
                .toList();
    }

    /** It answers 503 while it reads its files. */
    private boolean isReady() {
        return ask("/-/ready").statusCode() == 200;
    }

    private JsonNode get(String path) {
        HttpResponse<String> answer = ask(path);
        if (answer.statusCode() != 200) {
            throw new AssertionError(path + ": " + answer.body());
        }
        return new JsonMapper().readTree(answer.body());
    }

    private HttpResponse<String> ask(String path) {
        try {
            var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path));
            return HTTP.send(request.build(), BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        process.close();
    }
}
