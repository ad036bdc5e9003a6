package io.backpool.program;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.backpool.testkit.Backend;
import io.backpool.testkit.Httpd;
import io.backpool.testkit.Ports;
import io.backpool.testkit.RawSocket;
import io.backpool.testkit.ServerProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What a program says with sd_notify(3) of its start and its end. */
@Timeout(value = 3, unit = TimeUnit.MINUTES)
class NotifyIT {
    /** Its first argument says how it behaves. */
    private static final String PROGRAM =
            """
            import http.server, os, signal, socket, subprocess, sys, threading, time
            signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
            how, port = sys.argv[1], int(sys.argv[2])
            def notify(message):
                with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
                    out.sendto(message.encode(), os.environ['NOTIFY_SOCKET'])
            said = False
            class Handler(http.server.BaseHTTPRequestHandler):
                def do_GET(self):
                    body = f"said: {said} {os.environ.get('NOTIFY_SOCKET')}".encode()
                    self.send_response(503 if how == 'sick' else 200)
                    self.send_header('Content-Length', str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                def log_message(self, *args): pass
            server = http.server.ThreadingHTTPServer(('127.0.0.1', port), Handler)
            if how in ('slow', 'never'): notify('STATUS=reading the catalogue')
            threading.Thread(target=server.serve_forever, daemon=True).start()
            if how == 'slow': time.sleep(3)
            if how == 'tool':
                subprocess.run(['systemd-notify', '--status=the tool', '--ready'], check=True)
            said = True
            if how in ('slow', 'sick', 'stops'): notify('READY=1\\nSTATUS=serving')
            signal.sigwait([signal.SIGUSR1])
            notify('STOPPING=1')
            signal.sigwait([signal.SIGUSR1])
            """;

    @TempDir private Path directory;

    private void settings(String how) throws IOException {
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.writeString(directory.resolve("program.py"), PROGRAM);
        Files.writeString(
                directory.resolve("backend.yaml"),
                """
                app:
                  command: [/usr/bin/python3, program.py, %s, "{port}"]
                  health: /health
                  health-interval: 5s
                  start-timeout: 5s
                """
                        .formatted(how));
    }

    /** Though it listens, and would have answered, long before. */
    @ParameterizedTest
    @CsvSource({"slow", "tool"})
    void oneThatSpeaksIsReadyWhenItSaysSo(String how) throws Exception {
        settings(how);
        try (Backend pool = Backend.start(directory, 1)) {
            Path folder = directory.resolve("data/notify/m1");
            assertThat(pool.get(1, "/").body())
                    .isEqualTo("said: True " + folder.toRealPath().resolve("socket"));
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder)))
                    .isEqualTo("rwx------");
        }
        assertThat(directory.resolve("data/notify")).isEmptyDirectory();
    }

    @ParameterizedTest
    @CsvSource({
        "never, 'has not sent READY=1, its status is: reading the catalogue'",
        "sick, answered 503 to GET /health"
    })
    void whatKeepsItFromBeingReadyIsSaid(String how, String line) throws Exception {
        settings(how);
        try (Backend pool = Backend.begin(directory, 1)) {
            assertThat(pool.process().awaitExit()).isEqualTo(70);
            assertThat(pool.process().log()).contains("m1 was not ready within 5 s: it " + line);
        }
    }

    /** It ends at the second signal, sent as soon as httpd shows that it gets no more requests. */
    @Test
    void oneThatSaysThatItStopsGetsNoMoreRequestsAndIsReplaced() throws Exception {
        settings("stops");
        int port = Ports.free();
        int manager = Ports.free();
        try (Backend pool =
                        Backend.start(
                                directory,
                                2,
                                "--balancer=http://127.0.0.1:%d/balancer-manager,membership=join"
                                        .formatted(manager));
                Httpd httpd = httpd(pool, port, manager)) {
            pool.process().await("both in the rotation", () -> ok(pool) == 2);
            List<Long> before = pids(pool);
            ServerProcess.signal("USR1", before.get(0));
            List<String> failed = new ArrayList<>();
            requestsUntil(port, failed, () -> ok(pool) == 1);
            ServerProcess.signal("USR1", before.get(0));
            requestsUntil(
                    port,
                    failed,
                    () ->
                            pids(pool).get(0) > 0
                                    && !pids(pool).get(0).equals(before.get(0))
                                    && ok(pool) == 2);
            assertThat(failed).isEmpty();
            assertThat(pool.process().log())
                    .contains("m1 - stops by itself, as it says")
                    .contains("process %d ended with exit status 0".formatted(before.get(0)))
                    .doesNotContain("TERM");
            assertThat(pids(pool).get(1)).isEqualTo(before.get(1));
            assertThat(pool.admin("/metrics").body())
                    .contains("backpool_process_restarts_total{member=\"m1\",reason=\"exit\"} 1.0");
        }
    }

    /** As where Netty's library can't be loaded. */
    @Test
    void withoutASocketItIsAskedAsOneThatDoesNotSpeak() throws Exception {
        settings("silent");
        try (Backend pool =
                Backend.begin(
                                directory,
                                1,
                                Map.of("JAVA_TOOL_OPTIONS", "-Dio.netty.transport.noNative=true"))
                        .awaitReady()) {
            assertThat(pool.get(1, "/").body()).endsWith("None");
            assertThat(pool.process().log())
                    .contains("programs get no NOTIFY_SOCKET")
                    .doesNotContain("\tat ");
        }
    }

    @Test
    void whereThePathIsTooLongItIsAskedToo() throws Exception {
        directory = Files.createDirectory(directory.resolve("d".repeat(80)));
        settings("silent");
        try (Backend pool = Backend.start(directory, 1)) {
            assertThat(pool.get(1, "/").body()).endsWith("None");
            assertThat(pool.process().log())
                    .contains("m1 - gets no NOTIFY_SOCKET")
                    .contains("has more than 107 bytes");
        }
    }

    private Httpd httpd(Backend pool, int port, int manager) {
        return Httpd.printed(
                directory, port, pool.settings(), "--membership=join", "--manager-port=" + manager);
    }

    private static String get(int port) {
        return RawSocket.exchange(port, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    }

    private static void requestsUntil(int port, List<String> failed, Callable<Boolean> condition) {
        await().atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(20))
                .until(
                        () -> {
                            String answer = get(port);
                            if (!answer.startsWith("HTTP/1.1 200 ")) {
                                failed.add(answer);
                            }
                            return condition.call();
                        });
    }

    private static JsonNode members(Backend pool) {
        return new JsonMapper().readTree(pool.admin("/status.json").body()).get("members");
    }

    private static List<Long> pids(Backend pool) {
        return members(pool).valueStream().map(member -> member.get("pid").asLong()).toList();
    }

    private static int ok(Backend pool) {
        return members(pool).toString().split("Ok", -1).length - 1;
    }
}
