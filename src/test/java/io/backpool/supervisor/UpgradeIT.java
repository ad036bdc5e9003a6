package io.backpool.supervisor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.backpool.testkit.Backend;
import io.backpool.testkit.Command;
import io.backpool.testkit.Httpd;
import io.backpool.testkit.NotifySocket;
import io.backpool.testkit.Ports;
import io.backpool.testkit.ServerProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The pool's own process is replaced behind the real httpd, under load. */
@Timeout(value = 4, unit = TimeUnit.MINUTES)
class UpgradeIT {
    private static final int MEMBERS = 2;
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    /** As the unit has it. */
    private static final String FLAG = "-XX:+ExitOnOutOfMemoryError";

    @TempDir private Path directory;

    /** httpd and its manager, two of each, admin listeners, then two ranges of members. */
    private final int first = Ports.free(20);

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final List<AutoCloseable> opened = new ArrayList<>();
    private final int admin = first + 4;

    @AfterEach
    void stop() throws Exception {
        for (AutoCloseable one : opened) {
            one.close();
        }
        ProcessHandle.of(supervisor())
                .ifPresent(
                        pool -> {
                            pool.destroy();
                            pool.onExit().join();
                        });
    }

    @Test
    void noRequestFailsInAnUpgradeNorInOneWhoseProcessIsKilled() throws Exception {
        settings(1, joined());
        httpd("one", "join", first);
        try (var systemd = new NotifySocket(directory, directory.resolve("notify").toString())) {
            ServerProcess old = run("pool.log", systemd.environment(60_000), "serve", FLAG);
            awaitServing(1);
            try (var load = load(first)) {
                Path broken = Files.writeString(directory.resolve("broken.jar"), "no jar");
                assertThat(upgrade(1, broken.toString()))
                        .contains("broken.jar can't be read as a jar", "as it was before");
                try (var command = run("command.log", Map.of(), "upgrade")) {
                    old.awaitLog("m1 - stopped");
                    ProcessHandle.of(newProcess(old.pid())).orElseThrow().destroyForcibly();
                    assertThat(command.awaitExit()).as(command.log()).isEqualTo(1);
                    assertThat(command.log()).contains("has its members again");
                }
                awaitServing(1);
                assertThat(supervisor()).isEqualTo(old.pid());

                // Other ports, and one httpd more, which declares them.
                settings(2, joined() + declared());
                httpd("two", "static", first + 2);
                assertThat(upgrade(0))
                        .contains("m1 - leaves the rotation", "m1 - up as process")
                        .contains("process " + supervisor() + " is the pool now");
                assertThat(supervisor()).isNotEqualTo(old.pid());
                assertThat(old.awaitExit()).isZero();
                assertThat(Files.readString(Path.of("/proc/" + supervisor() + "/cmdline")))
                        .contains("java\0" + FLAG + "\0");
                awaitServing(2);
                await().atMost(PATIENCE).until(() -> answers(first + 2));
                load.awaitMore(100);
                assertThat(load.failures()).as(old.log()).isEmpty();
                System.out.printf("0 of %d requests failed%n", load.requests());
            }
            await().atMost(PATIENCE)
                    .untilAsserted(
                            () ->
                                    assertThat(systemd.heard())
                                            .filteredOn(news -> !news.equals("WATCHDOG=1"))
                                            .containsExactly(
                                                    "READY=1 STATUS=serving",
                                                    "MAINPID=" + supervisor(),
                                                    "READY=1 STATUS=serving"));
        }
    }

    /** Of the pool in this directory, the one that is not {@code old}. */
    private long newProcess(long old) {
        return ProcessHandle.allProcesses()
                .map(ProcessHandle::pid)
                .filter(pid -> pid != old && isServing(Path.of("/proc/" + pid)))
                .findFirst()
                .orElseThrow();
    }

    private boolean isServing(Path process) {
        try {
            return Files.readSymbolicLink(process.resolve("cwd")).equals(directory.toRealPath())
                    && Files.readString(process.resolve("cmdline")).endsWith("\0serve\0");
        } catch (IOException e) {
            return false; // It has ended.
        }
    }

    private int port(int range) {
        return first + 2 + 6 * range;
    }

    private void settings(int range, String balancers) throws IOException {
        Files.writeString(
                directory.resolve("backend.yaml"),
                """
                pool: {members: %d, processes: true, http-port: %d, ajp-port: 0, sticky-grace: 1s}
                admin: {port: %d}
                limits: {queue-wait: 5s}
                balancers:
                %s\
                """
                        .formatted(MEMBERS, port(range), admin, balancers));
    }

    private String joined() {
        return balancer(first + 1, "join");
    }

    private String declared() {
        return balancer(first + 3, "static");
    }

    private static String balancer(int managerPort, String membership) {
        return "  - {manager: 'http://127.0.0.1:%d/balancer-manager', membership: %s}\n"
                .formatted(managerPort, membership);
    }

    private void httpd(String name, String membership, int port) throws IOException {
        Path own = Files.createDirectory(directory.resolve(name));
        Path settings = own.resolve("backend.yaml");
        Files.writeString(
                settings,
                Files.readString(directory.resolve("backend.yaml"))
                        .replaceAll("(?s)balancers:.*", "balancers: []\n"));
        Command printed =
                Command.run(
                        directory,
                        Backend.command(
                                "conf",
                                "apache",
                                "--standalone",
                                "--config=" + settings,
                                "--membership=" + membership,
                                "--protocol=http",
                                "--listen=" + port,
                                "--manager-port=" + (port + 1),
                                "--dir=" + own));
        assertThat(printed.exit()).as(printed.output()).isZero();
        opened.add(Httpd.start(own, printed.output(), port));
    }

    private ServerProcess run(
            String log, Map<String, String> environment, String name, String... flags) {
        List<String> command = Backend.command(name);
        command.addAll(1, List.of(flags));
        Map<String, String> all = new HashMap<>(environment);
        all.put("XDG_CACHE_HOME", Backend.jar().resolveSibling("cache").toString());
        ServerProcess process =
                ServerProcess.start(directory, directory.resolve(log), all, command);
        opened.add(process);
        return process;
    }

    /** What the command says. */
    private String upgrade(int exit, String... arguments) {
        List<String> command = Backend.command("upgrade");
        command.addAll(List.of(arguments));
        Command done = Command.run(directory, command);
        assertThat(done.exit()).as(done.output()).isEqualTo(exit);
        return done.output();
    }

    private long supervisor() throws IOException {
        return Long.parseLong(Files.readString(directory.resolve("data/pool.lock")).strip());
    }

    private void awaitServing(int range) {
        await().atMost(PATIENCE)
                .ignoreExceptions()
                .untilAsserted(
                        () -> {
                            JsonNode status = status();
                            assertThat(status.get("pool").get("httpPort").asInt())
                                    .isEqualTo(port(range));
                            assertThat(status.get("members").size()).isEqualTo(MEMBERS);
                            for (JsonNode member : status.get("members")) {
                                assertThat(member.get("state").asString()).isEqualTo("serving");
                            }
                        });
    }

    private JsonNode status() throws IOException, InterruptedException {
        var request =
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + admin + "/status.json"));
        return new JsonMapper()
                .readTree(client.send(request.build(), BodyHandlers.ofString()).body());
    }

    private boolean answers(int port) {
        try {
            var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/"));
            return client.send(request.build(), BodyHandlers.discarding()).statusCode() == 200;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static SteadyLoad load(int port) {
        List<String> paths = List.of("/", "/sleep?for=300ms", "/whoami", "/");
        String base = "http://127.0.0.1:" + port;
        return new SteadyLoad(
                paths.size(),
                (who, i) ->
                        HttpRequest.newBuilder(URI.create(base + paths.get(who)))
                                .timeout(Duration.ofSeconds(20))
                                .build());
    }
}
