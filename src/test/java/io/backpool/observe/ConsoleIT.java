package io.backpool.observe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.backpool.testkit.AppJar;
import io.backpool.testkit.Backend;
import io.backpool.testkit.Ports;
import io.backpool.testkit.RawSocket;
import io.backpool.testkit.ServerProcess;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A pool whose standard streams are not read, or lead to a full disk, serves and stops. */
class ConsoleIT {
    /** Two megabytes a request, on each way that there is. */
    private static final String APPLICATION =
            """
            public final class Loud implements io.backpool.app.Application {
                @Override
                public io.undertow.server.HttpHandler start(io.backpool.app.Services services) {
                    String line = "x".repeat(100_000);
                    return services.blocking(exchange -> {
                        for (int i = 0; i < 10; i++) {
                            System.out.println(line);
                            System.err.println(line);
                            java.util.logging.Logger.getLogger("loud").warning(line);
                        }
                        exchange.getResponseSender().send("ok");
                    });
                }
            }
            """;

    private static final int REQUESTS = 12;

    @TempDir Path directory;

    @ParameterizedTest
    @CsvSource({"--processes, false", "--processes, true", "--no-processes, false"})
    void itServesRestartsItsMembersAndStops(String processes, boolean full) throws Exception {
        int first = Ports.free(4);
        Process pool = start(processes, full, first);
        try {
            await().atMost(Duration.ofMinutes(1))
                    .until(() -> get(first + 2, "/health/ready?all").contains(" 200 "));
            for (int i = 0; i < REQUESTS; i++) {
                assertThat(get(first, "/")).contains(" 200 ").endsWith("ok");
            }
            await().until(
                            () ->
                                    dropped(first + 2, "stdout") > 0
                                            && dropped(first + 2, "stderr") > 0);
            if (processes.equals("--processes")) {
                ProcessHandle member = pool.children().findFirst().orElseThrow();
                member.destroyForcibly();
                await().atMost(Duration.ofMinutes(1))
                        .until(() -> get(first + 2, "/metrics").contains("reason=\"signal\"} 1.0"));
                await().atMost(Duration.ofMinutes(1))
                        .until(() -> get(first + 2, "/health/ready?all").contains(" 200 "));
                assertThat(get(first, "/")).contains(" 200 ").endsWith("ok");
            }
            ServerProcess.signal("TERM", pool.pid());
            assertThat(pool.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(pool.exitValue()).isEqualTo(143);
        } finally {
            pool.descendants().forEach(ProcessHandle::destroyForcibly);
            pool.destroyForcibly();
        }
    }

    private Process start(String processes, boolean full, int first) throws IOException {
        Path jar = AppJar.make(directory, "loud.jar", List.of("Loud"), APPLICATION);
        List<String> command =
                Backend.command(
                        "serve",
                        processes,
                        "--members=1",
                        "--http-port=" + first,
                        "--ajp-port=" + (first + 1),
                        "--admin-port=" + (first + 2),
                        "--app-jar=" + jar);
        var builder = new ProcessBuilder(command).directory(directory.toFile());
        builder.environment()
                .put("XDG_CACHE_HOME", Backend.jar().resolveSibling("cache").toString());
        if (full) {
            builder.redirectOutput(new File("/dev/full")).redirectError(new File("/dev/full"));
        }
        return builder.start();
    }

    private static double dropped(int port, String stream) {
        String metrics = get(port, "/metrics");
        String name = "backpool_log_lines_dropped_total{stream=\"" + stream + "\"} ";
        return Stream.of(metrics.split("\r?\n"))
                .filter(line -> line.startsWith(name))
                .mapToDouble(line -> Double.parseDouble(line.substring(name.length())))
                .findFirst()
                .orElse(0);
    }

    /** The whole answer; empty if there is none in ten seconds. */
    private static String get(int port, String path) {
        try {
            return RawSocket.exchange(
                    port,
                    "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        } catch (RuntimeException | AssertionError e) {
            return "";
        }
    }
}
