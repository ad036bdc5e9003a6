package io.backpool.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.backpool.testkit.Backend;
import io.backpool.testkit.Ports;
import io.backpool.testkit.ServerProcess;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A fixed number of clients, each of whom sends the next request after the answer, is no overload:
 * none is refused, on threads and, with each Java here that has them, on virtual threads.
 */
class FixedClientsIT {
    private static final Path HERE = Path.of(System.getProperty("java.home"), "bin", "java");

    @TempDir private Path directory;

    private final HttpClient client =
            HttpClient.newBuilder()
                    .version(HttpClient.Version.HTTP_1_1)
                    .connectTimeout(Duration.ofSeconds(60))
                    .build();

    static List<Path> javas() throws IOException {
        List<Path> javas = new ArrayList<>(List.of(HERE));
        try (Stream<Path> homes = Files.list(Path.of("/usr/lib/jvm"))) {
            homes.filter(home -> home.getFileName().toString().matches("\\D*2[1-9]\\D.*"))
                    .map(home -> home.resolve("bin/java"))
                    .filter(Files::isExecutable)
                    .forEach(javas::add);
        }
        return javas;
    }

    @ParameterizedTest
    @MethodSource("javas")
    void noneIsRefused(Path java) throws Exception {
        int port = Ports.free(3);
        List<String> command =
                Backend.command(
                        "serve",
                        "--members=1",
                        "--http-port=" + port,
                        "--ajp-port=" + (port + 1),
                        "--admin-port=" + (port + 2));
        command.set(0, java.toString());
        Path log = directory.resolve("backend.log");
        try (ServerProcess server = ServerProcess.start(directory, log, Map.of(), command)) {
            server.awaitPort(port);
            assertThat(statuses(port, "/work?for=1ms", 1, 1)).containsOnlyKeys(200);

            assertThat(statuses(port, "/", 256, 20)).containsOnlyKeys(200);
            assertThat(statuses(port, "/sleep?for=0ms", 16, 200)).containsOnlyKeys(200);
            assertThat(statuses(port, "/sleep?for=0ms", 256, 20)).containsOnlyKeys(200);
            assertThat(statuses(port, "/work?for=1ms", 16, 60)).containsOnlyKeys(200);
            if (!java.equals(HERE)) {
                assertThat(statuses(port, "/sleep?for=1s", 1000, 2)).containsOnlyKeys(200);
            }
            String metrics = get(port + 2, "/metrics").get().body();
            assertThat(metrics)
                    .contains("backpool_admission_total{member=\"m1\",outcome=\"shed\"} 0.0")
                    .contains("backpool_admission_queue{member=\"m1\"} 0.0")
                    .contains("backpool_admission_wait_seconds_bucket{member=\"m1\",le=\"0.1\"}");
        }
    }

    private Map<Integer, LongAdder> statuses(int port, String path, int clients, int each) {
        Map<Integer, LongAdder> statuses = new ConcurrentHashMap<>();
        CompletableFuture.allOf(
                        Stream.generate(() -> next(port, path, each, statuses))
                                .limit(clients)
                                .toArray(CompletableFuture[]::new))
                .join();
        return statuses;
    }

    private CompletableFuture<?> next(
            int port, String path, int left, Map<Integer, LongAdder> statuses) {
        if (left == 0) {
            return CompletableFuture.completedFuture(null);
        }
        return get(port, path)
                .thenCompose(
                        answer -> {
                            statuses.computeIfAbsent(answer.statusCode(), code -> new LongAdder())
                                    .increment();
                            return next(port, path, left - 1, statuses);
                        });
    }

    private CompletableFuture<java.net.http.HttpResponse<String>> get(int port, String path) {
        URI uri = URI.create("http://127.0.0.1:" + port + path);
        return client.sendAsync(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString());
    }
}
