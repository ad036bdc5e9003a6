package io.backpool.program;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.backpool.testkit.Backend;
import io.backpool.testkit.Command;
import io.backpool.testkit.Httpd;
import io.backpool.testkit.Ports;
import io.backpool.testkit.RawSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A program leaves when it has no request, whatever httpd counts. */
@Timeout(value = 4, unit = TimeUnit.MINUTES)
class LeavingProgramIT {
    /** {@code /wait} is answered when there is a file named "go". */
    private static final String PROGRAM =
            """
            import http.server, os, sys, time
            class Handler(http.server.BaseHTTPRequestHandler):
                protocol_version = 'HTTP/1.1'
                timeout = 5
                def do_GET(self):
                    if self.path == '/wait':
                        open('waits', 'w').close()
                        while not os.path.exists('go'): time.sleep(.05)
                    self.send_response(200)
                    self.send_header('Content-Length', '4')
                    self.end_headers()
                    self.wfile.write(b'done')
                def log_message(self, *args): pass
            http.server.ThreadingHTTPServer(('127.0.0.1', int(sys.argv[1])), Handler).serve_forever()
            """;

    @TempDir private Path directory;
    private final int port = Ports.free(2);

    @ParameterizedTest
    @ValueSource(strings = {"graceful", "killed"})
    void whereHttpdCountsARequestThatIsOverItNeedNotWaitForIt(String what) throws Exception {
        Files.writeString(directory.resolve("waits.py"), PROGRAM);
        Files.writeString(
                directory.resolve("backend.yaml"),
                """
                app: {command: [/usr/bin/python3, waits.py, "{port}"], keep-alive: 5s}
                """);
        try (Backend pool =
                        Backend.start(
                                directory,
                                2,
                                "--drain-timeout=10m",
                                "--balancer=http://127.0.0.1:%d/balancer-manager,membership=join"
                                        .formatted(port + 1));
                Httpd httpd = httpd(pool);
                RawSocket client = RawSocket.connect(port)) {
            await().until(() -> RawSocket.exchange(port, request("/")).startsWith("HTTP/1.1 200 "));
            client.send(request("/wait"));
            await().until(() -> Files.exists(directory.resolve("waits")));
            if (what.equals("graceful")) {
                httpd.graceful();
            } else {
                httpd.process().handle().children().forEach(ProcessHandle::destroyForcibly);
            }
            await().atMost(Duration.ofSeconds(30))
                    .until(
                            () ->
                                    RawSocket.exchange(port, request("/"))
                                            .startsWith("HTTP/1.1 200 "));
            Files.writeString(directory.resolve("go"), "");
            String answer = client.readToEnd();
            assertThat(answer.endsWith("done")).isEqualTo(what.equals("graceful"));

            Command restart =
                    Command.run(
                            directory,
                            Backend.command("restart", "--admin-port=" + pool.adminPort()));
            assertThat(restart.exit()).as(restart.output()).isZero();
        }
    }

    private static String request(String path) {
        return "GET %s HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".formatted(path);
    }

    private Httpd httpd(Backend pool) {
        return Httpd.printed(
                directory,
                port,
                pool.settings(),
                "--membership=join",
                "--manager-port=" + (port + 1));
    }
}
