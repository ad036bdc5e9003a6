package io.backpool.program;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.backpool.testkit.Backend;
import io.backpool.testkit.Command;
import io.backpool.testkit.Ports;
import io.backpool.testkit.ServerProcess;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A program that is not as it should be is named in one line, leaves nothing behind, and does not
 * disturb the other member. All in one pool.
 */
@Timeout(value = 3, unit = TimeUnit.MINUTES)
class ProgramIT {
    /** Its first argument says how it behaves. */
    private static final String PROGRAM =
            """
            import http.server, os, signal, subprocess, sys, threading, time
            how, port, data = sys.argv[1], int(sys.argv[2]), sys.argv[3]
            if how == 'fails': sys.exit(3)
            if how == 'ends': sys.exit(0)
            if how == 'silent': time.sleep(600)
            if how == 'elsewhere': port = int(sys.argv[4])
            if how == 'deaf': signal.signal(signal.SIGTERM, signal.SIG_IGN)
            if how == 'slow': signal.signal(signal.SIGTERM, lambda *_: (time.sleep(13), os._exit(0)))
            if how == 'daemon' and os.fork() == 0:
                os.setsid()
                time.sleep(600)
            if how == 'daemon': sys.exit(0)
            if how == 'worker': subprocess.Popen(['/usr/bin/sleep', '654'], start_new_session=True)
            if how == 'flood':
                threading.Thread(target=lambda: [print('flood ' * 20) for _ in iter(int, 1)],
                                 daemon=True).start()
            class Handler(http.server.BaseHTTPRequestHandler):
                def do_GET(self):
                    sick = how == 'sick' or os.path.exists(data + '/sick')
                    body = (os.environ['BACKPOOL_ROUTE'] + ' ' + os.environ['PORT'] + ' '
                            + os.environ['SHOP'] + ' ' + os.environ.get('SECRET', 'none')).encode()
                    self.send_response(503 if sick else 200)
                    self.send_header('Content-Length', str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                def log_message(self, *args): pass
            http.server.ThreadingHTTPServer(('127.0.0.1', port), Handler).serve_forever()
            """;

    @TempDir private static Path directory;
    private static Backend pool;

    @BeforeAll
    static void start() throws IOException {
        Files.writeString(directory.resolve("program.py"), PROGRAM);
        Files.writeString(directory.resolve("plain.txt"), "no program");
        Files.writeString(directory.resolve("empty.jar"), "");
        Path secrets = Files.writeString(directory.resolve("secrets"), "# it is\nSECRET=s=1,2\n");
        Files.setPosixFilePermissions(
                secrets, java.nio.file.attribute.PosixFilePermissions.fromString("rw-------"));
        settings("well", "");
        pool = Backend.start(directory, 2, "--drain-timeout=1s");
    }

    @AfterAll
    static void stop() {
        pool.close();
        assertThat(processes(directory, "program.py")).isEmpty();
    }

    @AfterEach
    void theOtherMemberServesOn() throws IOException {
        settings("well", "");
        assertThat(pool.get(2, "/").body()).startsWith("m2 " + pool.httpPort(2));
    }

    private static void settings(String how, String more) throws IOException {
        command("[/usr/bin/python3, program.py, " + how + ", \"{port}\", \"{data}\"]", more);
    }

    private static void command(String command, String more) throws IOException {
        Files.writeString(
                directory.resolve("backend.yaml"),
                """
                app:
                  command: %s
                  health: /
                  health-interval: 200ms
                  health-failures: 2
                  start-timeout: 5s
                  environment: {SHOP: "a, {route}"}
                  environment-file: secrets
                %s
                """
                        .formatted(command, more.indent(2)));
    }

    @Test
    void itKnowsTheMembersFacts() {
        assertThat(pool.get(1, "/").body())
                .isEqualTo("m1 %d a, m1 s=1,2".formatted(pool.httpPort(1)));
    }

    @Test
    void doctorAsksThePrograms() throws Exception {
        assertThat(doctor()).contains("Healthy, as far as looked").doesNotContain("member-");
        Path port = directory.resolve("other.yaml");
        Files.writeString(
                port,
                Files.readString(directory.resolve("backend.yaml"))
                        + "pool: {http-port: %d, members: 1}\n".formatted(Ports.free()));
        assertThat(doctor("--config=" + port))
                .contains("member-not-ready  m1", "the program did not answer GET /");
    }

    private static String doctor(String... more) {
        List<String> command = Backend.command("doctor", "--admin-port=" + pool.adminPort());
        command.addAll(
                more.length > 0
                        ? List.of(more)
                        : List.of("--members=2", "--http-port=" + pool.httpPort(1)));
        return Command.run(directory, command).output();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "nosuchprogram | app.command: nosuchprogram is not in PATH",
                "./plain.txt | app.command: plain.txt is not executable: chmod +x plain.txt",
                "./nosuch | app.command: nosuch: no such file",
                "/bin/echo, '{prt}' | app.command: {prt} means nothing, there are {ajp-port}",
            })
    void whatCannotBeStartedIsRefusedBeforeAnyMemberLeaves(String command, String line)
            throws Exception {
        long before = pid(1);
        command("[" + command + "]", "");
        assertThat(restart()).contains(line).contains("Nothing was restarted");
        assertThat(pid(1)).isEqualTo(before);
    }

    @Test
    void aJarBesideItIsRefused() throws Exception {
        settings("well", "jar: empty.jar");
        assertThat(restart())
                .contains("app.command: stands beside app.jar: the members are one or the other");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "fails | ended with exit status 3",
                "ends | ended with exit status 0",
                "daemon | behind, which was ended: the program must stay in the foreground",
                "silent | was not ready within 2 s: it does not listen on 127.0.0.1:",
                "sick | was not ready within 2 s: it answered 503 to GET /",
            })
    void whatDoesNotComeUpIsSaidAndWhatRanBeforeRunsAgain(String how, String line)
            throws Exception {
        settings(how, "");
        replace("start-timeout: 5s", "start-timeout: 2s");
        assertThat(restart()).contains("m1 did not come up").contains(line);
        await().atMost(Duration.ofSeconds(60))
                .ignoreExceptions()
                .until(() -> pool.get(1, "/").statusCode() == 200);
        assertThat(processes(directory, "program.py " + how)).isEmpty();
    }

    @Test
    void anotherPortIsNamed() throws Exception {
        int other = io.backpool.testkit.Ports.free();
        command(
                "[/usr/bin/python3, program.py, elsewhere, \"{port}\", \"{data}\", \"%d\"]"
                        .formatted(other),
                "");
        replace("start-timeout: 5s", "start-timeout: 2s");
        assertThat(restart()).contains("it listens on [" + other + "], is {port} in app.command?");
        awaitWell();
    }

    @Test
    void oneThatBecomesSickIsReplaced() throws Exception {
        long before = pid(1);
        Path sick = Files.createFile(directory.resolve("data/members/m1/sick"));
        pool.process().awaitLog("m1 - process " + before + " answered 503 to GET /: it is ended");
        Files.delete(sick);
        awaitWell();
        assertThat(pid(1)).isNotEqualTo(before);
    }

    @Test
    void oneThatIgnoresTermIsKilled() throws Exception {
        settings("deaf", "");
        assertThat(restart()).isEmpty();
        long deaf = pid(1);
        settings("well", "");
        assertThat(restart()).isEmpty();
        pool.process().awaitLog("process " + deaf + " ignores TERM: KILL");
        assertThat(processes(directory, "program.py deaf")).isEmpty();
    }

    /** As Spring Boot does with requests that it still has. */
    @Test
    void oneThatTakesItsTimeToEndDoesNotHang(@TempDir Path other) throws Exception {
        Files.writeString(other.resolve("program.py"), PROGRAM);
        Files.writeString(
                other.resolve("backend.yaml"),
                """
                app:
                  command: [/usr/bin/python3, program.py, slow, "{port}", "{data}"]
                  environment: {SHOP: x}
                """);
        try (Backend slow = Backend.start(other, 2)) {
            assertThat(slow.control("/members/m1/restart").statusCode()).isEqualTo(202);
            await().atMost(Duration.ofSeconds(60))
                    .until(() -> slow.process().log().contains("m1 - up as process"));
            assertThat(slow.process().log()).doesNotContain("hangs", "TERM", "ERROR");
            ServerProcess.signal("KILL", slow.process().handle().pid());
            slow.process().awaitExit();
            await().until(() -> processes(other, "program.py slow").isEmpty());
        }
    }

    @Test
    void oneThatFloodsItsOutputHoldsNobodyUp() throws Exception {
        settings("flood", "");
        assertThat(restart()).isEmpty();
        assertThat(pool.get(1, "/").statusCode()).isEqualTo(200);
        settings("well", "");
        assertThat(restart()).isEmpty();
        assertThat(pool.process().log()).contains("m1 | flood flood");
    }

    /** What it started goes with it, even into a session of its own. */
    @Test
    void nothingOfItIsLeftWhenItIsKilled() throws Exception {
        settings("worker", "");
        assertThat(restart()).isEmpty();
        assertThat(processes(directory, "sleep 654")).isNotEmpty();
        ServerProcess.signal("KILL", pid(1));
        settings("well", "");
        await().atMost(Duration.ofSeconds(30)).until(() -> !restart().contains("running"));
        await().atMost(Duration.ofSeconds(30))
                .until(() -> processes(directory, "sleep 654").isEmpty());
        awaitWell();
    }

    @Test
    void aPortThatIsTakenIsSaid(@TempDir Path other) throws Exception {
        Files.writeString(other.resolve("backend.yaml"), "app: {command: [/bin/sleep, \"600\"]}\n");
        try (Backend second = Backend.begin(other, 1);
                var stranger =
                        new ServerSocket(second.httpPort(1), 1, InetAddress.getLoopbackAddress())) {
            assertThat(second.process().awaitExit()).isEqualTo(69);
            assertThat(second.process().log())
                    .contains("m1 could not be started: process " + ProcessHandle.current().pid())
                    .contains("has 127.0.0.1:" + stranger.getLocalPort());
        }
    }

    /** kill -9 of the pool, and of the shell that would see to it: the next start does. */
    @Test
    void nothingOutlivesThePool(@TempDir Path other) throws Exception {
        Files.writeString(other.resolve("program.py"), PROGRAM);
        Files.writeString(
                other.resolve("backend.yaml"),
                """
                app:
                  command: [/usr/bin/python3, program.py, worker, "{port}", "{data}"]
                  environment: {SHOP: x}
                """);
        try (Backend first = Backend.start(other, 1)) {
            List<ProcessHandle> all = first.process().handle().descendants().toList();
            assertThat(all).hasSizeGreaterThanOrEqualTo(3);
            ProcessHandle shell =
                    all.stream()
                            .filter(one -> one.info().commandLine().orElse("").contains("sh -c"))
                            .findFirst()
                            .orElseThrow();
            shell.destroyForcibly();
            first.process().handle().destroyForcibly();
            first.process().awaitExit();
            await().until(() -> processes(other, "program.py worker").isEmpty());
            try (Backend second = Backend.start(other, 1)) {
                assertThat(second.process().log())
                        .contains("m1 - 1 processes of an earlier pool were still there: ended");
                second.process().handle().destroyForcibly();
                second.process().awaitExit();
                await().until(() -> processes(other, "program.py worker").isEmpty());
            }
        } finally {
            processes(other, "sleep 654").forEach(ProcessHandle::destroyForcibly);
        }
    }

    private static void awaitWell() {
        await().atMost(Duration.ofSeconds(60))
                .ignoreExceptions()
                .until(() -> pool.get(1, "/").statusCode() == 200);
    }

    private static void replace(String what, String with) throws IOException {
        Path file = directory.resolve("backend.yaml");
        Files.writeString(file, Files.readString(file).replace(what, with));
    }

    /** Of member 1; why it failed, empty: it did not. */
    private static String restart() {
        assertThat(pool.control("/members/m1/restart").statusCode()).isEqualTo(202);
        await().atMost(Duration.ofSeconds(90)).until(() -> !restartIs("running").asBoolean());
        JsonNode error = restartIs("error");
        return error.isNull() ? "" : error.asString();
    }

    private static JsonNode restartIs(String field) {
        return new JsonMapper().readTree(pool.admin("/restart").body()).get(field);
    }

    private static long pid(int index) {
        return new JsonMapper()
                .readTree(pool.admin("/status.json").body())
                .get("members")
                .get(index - 1)
                .get("pid")
                .asLong();
    }

    /** Those of the pool that runs in this folder; another test may have some that are alike. */
    private static List<ProcessHandle> processes(Path folder, String command) {
        return ProcessHandle.allProcesses()
                .filter(one -> one.info().commandLine().orElse("").contains(command))
                .filter(one -> runsIn(one, folder))
                .toList();
    }

    private static boolean runsIn(ProcessHandle process, Path folder) {
        try {
            return Files.isSameFile(Path.of("/proc/" + process.pid() + "/cwd"), folder);
        } catch (IOException e) {
            return false; // It has ended.
        }
    }
}
