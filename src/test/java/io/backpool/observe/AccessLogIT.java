package io.backpool.observe;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.backpool.testkit.Backend;
import io.backpool.testkit.Command;
import io.backpool.testkit.Httpd;
import io.backpool.testkit.Ports;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

/** The access log of the pool as a process: the same lines as httpd's, and none lost. */
class AccessLogIT {
    private static final int CLIENTS = 4;

    /** By each client at most. */
    private static final int REQUESTS = 100_000;

    @TempDir Path directory;

    @Test
    void rotationUnderLoadLosesNoLine() throws Exception {
        Path log = directory.resolve("access.log");
        ExecutorService clients = Executors.newFixedThreadPool(CLIENTS);
        var rotated = new AtomicBoolean();
        int answered = 0;
        try (Backend backend = Backend.start(directory, 2, "--access-log-file=access.log")) {
            List<Callable<Integer>> load = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                int client = i;
                load.add(() -> requests(backend, client, rotated));
            }
            List<Future<Integer>> running = new ArrayList<>();
            load.forEach(task -> running.add(clients.submit(task)));
            for (int rotation = 1; rotation <= 5; rotation++) {
                await().until(() -> Files.exists(log) && Files.size(log) > 20_000);
                Files.move(log, directory.resolve("access.log." + rotation));
                backend.process().signal("USR1");
            }
            rotated.set(true);
            for (Future<Integer> client : running) {
                answered += client.get();
            }
            assertThat(backend.admin("/metrics").body())
                    .contains("backpool_access_log_lines_total{result=\"dropped\"} 0.0");
        } finally {
            clients.shutdownNow();
        }
        List<String> lines = new ArrayList<>();
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.filter(it -> it.toString().contains("access.log")).toList()) {
                lines.addAll(Files.readAllLines(file));
            }
        }
        assertThat(directory.resolve("access.log.5")).exists();
        assertThat(lines.stream().map(line -> line.split(" ")[6]).distinct()).hasSize(answered);
        assertThat(lines).hasSize(answered);
    }

    @Test
    void linesAreThoseOfHttpd() throws Exception {
        int port = Ports.free();
        Path pool = Files.createDirectory(directory.resolve("pool"));
        try (Backend backend = Backend.start(pool, 1, "--access-log-file=access.log");
                Httpd httpd =
                        Httpd.start(
                                directory,
                                Httpd.base(directory, port) + logged(pool, backend.ajpPort(1)),
                                port)) {
            for (String head :
                    List.of(
                            "GET / HTTP/1.1\r\nUser-Agent: curl/8.5.0\r\n",
                            "GET /me?a=%22b&c HTTP/1.1\r\nUser-Agent: a\"b\\c\td\u00e9\r\n",
                            "HEAD /status/304 HTTP/1.1\r\nReferer: http://x/\u009b2J\u00ff\r\n",
                            "GET /status/404;x=1 HTTP/1.1\r\nReferer: \r\nUser-Agent: -\r\n",
                            "DELETE /me HTTP/1.0\r\n")) {
                send(port, head);
            }
            await().untilAsserted(
                            () -> assertThat(lines(directory.resolve("access.log"))).hasSize(5));
            await().untilAsserted(() -> assertThat(lines(pool.resolve("access.log"))).hasSize(5));
        }
        List<String> ours =
                lines(pool.resolve("access.log")).stream()
                        .map(line -> line.replaceFirst(" m1 \\S+ \\d+$", ""))
                        .map(AccessLogIT::withoutTime)
                        .toList();
        assertThat(ours)
                .isEqualTo(
                        lines(directory.resolve("access.log")).stream()
                                .map(AccessLogIT::withoutTime)
                                .toList());
        assertThat(ours.get(1)).contains("\"a\\\"b\\\\c\\td\\xe9\"");
    }

    @Test
    void standardOutputTakesTheLogAndNothingElse() throws IOException {
        try (Backend backend = Backend.start(directory, 1, "--access-log-format=json")) {
            backend.get(1, "/me");
            backend.process().awaitLog("\"url.original\":\"/me\"");
            backend.process().signal("USR1");
            backend.process().awaitLog("the access log was opened again");
            backend.get(1, "/again");
            backend.process().awaitLog("\"url.original\":\"/again\"");
            List<String> objects =
                    backend.process().log().lines().filter(it -> it.startsWith("{")).toList();
            assertThat(objects).hasSize(2); // health checks are no lines
            assertThat(new JsonMapper().readTree(objects.get(0)).path("event.duration").asLong())
                    .isPositive();
        }
    }

    @Test
    void machinesReadTheStandardOutputOfProcessesAsItIs() throws IOException {
        String longest = "/" + "x".repeat(60_000);
        try (Backend backend =
                Backend.start(directory, 2, "--processes", "--access-log-format=json")) {
            backend.get(1, longest);
            backend.get(2, "/two");
            backend.process().awaitLog("\"url.original\":\"" + longest + "\"");
            backend.process().awaitLog("\"url.original\":\"/two\"");
            List<String> routes =
                    backend.process()
                            .log()
                            .lines()
                            .filter(line -> line.startsWith("{"))
                            .map(new JsonMapper()::readTree)
                            .map(line -> line.path("service.node.name").asString())
                            .toList();
            assertThat(routes).containsExactlyInAnyOrder("m1", "m2");
            assertThat(backend.process().log()).contains("m2 | ");
        }
    }

    @Test
    void eachProcessHasAFileOfItsOwn() throws IOException {
        try (Backend backend =
                Backend.start(directory, 2, "--processes", "--access-log-file=access.log")) {
            backend.get(1, "/one");
            backend.get(2, "/two");
            Path first = directory.resolve("access-m1.log");
            await().until(() -> Files.readString(first).contains(" m1 "));
            await().until(
                            () ->
                                    Files.readString(directory.resolve("access-m2.log"))
                                            .contains("/two"));
            Files.move(first, directory.resolve("access-m1.log.1"));
            backend.process().signal("USR1");
            await().until(() -> Files.exists(first));
            backend.get(1, "/later");
            await().until(() -> Files.readString(first).contains("GET /later HTTP/1.1"));
            assertThat(directory.resolve("access.log")).doesNotExist();
        }
    }

    @Test
    void offIsOff() {
        try (Backend backend = Backend.start(directory, 1, "--access-log-format=off")) {
            backend.get(1, "/me");
            backend.process().signal("TERM");
            backend.process().awaitExit();
            assertThat(backend.process().log()).doesNotContain("/me");
        }
    }

    @Test
    void aFileThatCannotBeWrittenIsAMistakeInTheConfiguration() {
        Command check =
                Command.run(
                        directory,
                        Backend.command("check", "--access-log-file=no/such/access.log"));

        assertThat(check)
                .isEqualTo(
                        new Command(
                                78,
                                "--access-log-file: access-log.file: no/such/access.log cannot be"
                                    + " written: does its directory exist, and may this user write"
                                    + " there?\n"));
    }

    /** How many it sent, and got an answer to, until all the files were there. */
    private static int requests(Backend backend, int client, AtomicBoolean rotated) {
        int sent = 0;
        while (!rotated.get() && sent < REQUESTS) {
            int status = backend.get(1 + sent % 2, "/c" + client + "-" + sent).statusCode();
            assertThat(status).isEqualTo(200);
            sent++;
        }
        return sent;
    }

    private static String logged(Path pool, int ajpPort) {
        return """
        <IfModule !log_config_module>
        LoadModule log_config_module %1$s/mod_log_config.so
        </IfModule>
        LogFormat "%%h %%l %%u %%t \\"%%r\\" %%>s %%b \\"%%{Referer}i\\" \\"%%{User-Agent}i\\"" combined
        CustomLog access.log combined
        Include %2$s/data/ajp-secret.conf
        SetEnv ap_trust_cgilike_cl 1
        ProxyPass / ajp://127.0.0.1:%3$d/ secret=${BACKPOOL_AJP_SECRET}
        """
                .formatted(Httpd.modules(), pool, ajpPort);
    }

    /** From 127.0.0.9, and waits for the end of the answer. */
    private static void send(int port, String head) throws IOException {
        try (var socket =
                new Socket(
                        InetAddress.getLoopbackAddress(),
                        port,
                        InetAddress.getByName("127.0.0.9"),
                        0)) {
            String request = head + "Host: localhost\r\nConnection: close\r\n\r\n";
            socket.getOutputStream().write(request.getBytes(ISO_8859_1));
            assertThat(socket.getInputStream().readAllBytes()).isNotEmpty();
        }
    }

    private static List<String> lines(Path file) throws IOException {
        return Files.exists(file) ? Files.readAllLines(file) : List.of();
    }

    private static String withoutTime(String line) {
        return line.replaceFirst("\\[[^]]+]", "[]");
    }
}
