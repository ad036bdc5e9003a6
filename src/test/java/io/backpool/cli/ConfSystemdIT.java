package io.backpool.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.backpool.testkit.Backend;
import io.backpool.testkit.Command;
import io.backpool.testkit.NotifySocket;
import io.backpool.testkit.Ports;
import io.backpool.testkit.ServerProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The printed unit, as systemd reads it. */
class ConfSystemdIT {
    @TempDir Path directory;

    @Test
    void theUnitIsValidAndItsCommandsRunThePoolAndRestartIt() throws IOException {
        int port = Ports.free(6);
        Files.writeString(directory.resolve("backend.yaml"), "pool: {processes: true}\n");
        String unit =
                print(
                        "--members=2",
                        "--name=shop",
                        "--http-port=" + port,
                        "--ajp-port=0",
                        "--admin-port=" + (port + 2),
                        "--cache-url=memory:");
        assertThat(verify(unit)).isEqualTo(new Command(0, ""));
        Path java = Path.of(line(unit, "ExecStart").split(" ")[0]);
        Path own = Path.of(System.getProperty("java.home"), "bin", "java");
        assertThat(Files.isSameFile(java, own)).isTrue();
        // An update of the system's Java would leave a name with a version in it behind.
        assertThat(java.equals(own)).isEqualTo(!Files.isSameFile(Path.of("/usr/bin/java"), own));

        Path elsewhere = Files.createDirectory(directory.resolve("elsewhere"));
        try (var socket = new NotifySocket(directory, directory.resolve("notify").toString());
                var pool =
                        ServerProcess.start(
                                elsewhere,
                                directory.resolve("pool.log"),
                                socket.environment(30_000),
                                List.of("sh", "-c", "exec " + line(unit, "ExecStart")))) {
            pool.await("READY", () -> socket.heard().contains("READY=1 STATUS=serving"));
            Command reload = Command.run(elsewhere, List.of("sh", "-c", line(unit, "ExecReload")));
            assertThat(reload.output()).contains("m1 - up as process");
            assertThat(reload.exit()).isEqualTo(ExitCode.OK);
            await().atMost(Duration.ofSeconds(20))
                    .until(
                            () ->
                                    socket.heard().stream()
                                                    .filter(it -> it.startsWith("READY"))
                                                    .count()
                                            == 2);
        }
    }

    @Test
    void whatTheServiceCouldNotFindIsRefused() throws IOException {
        Files.writeString(directory.resolve("app.jar"), "");

        assertThat(refused("--app-jar=app.jar"))
                .contains("app.jar: app.jar")
                .contains("whole path");
        assertThat(refused("--cache-url=redis://:hush@127.0.0.1:1/"))
                .contains("--cache-url holds a password")
                .doesNotContain("hush");
        Command withVariable =
                Command.run(
                        directory,
                        Map.of("BACKPOOL_POOL_MEMBERS", "3"),
                        Backend.command("conf", "systemd"));
        assertThat(withVariable.output()).contains("BACKPOOL_POOL_MEMBERS is set here");
        assertThat(withVariable.exit()).isEqualTo(ExitCode.USAGE);
    }

    private String refused(String flag) {
        Command conf = Command.run(directory, Backend.command("conf", "systemd", flag));
        assertThat(conf.exit()).isEqualTo(ExitCode.USAGE);
        return conf.output();
    }

    private String print(String... flags) {
        List<String> command = Backend.command("conf", "systemd");
        command.addAll(List.of(flags));
        Command conf = Command.run(directory, command);
        assertThat(conf.exit()).as(conf.output()).isEqualTo(ExitCode.OK);
        return conf.output();
    }

    private Command verify(String unit) throws IOException {
        Path file = Files.writeString(directory.resolve("backpool.service"), unit);
        return Command.run(
                directory,
                List.of(
                        ServerProcess.program("systemd-analyze"),
                        "verify",
                        "--man=no",
                        file.toString()));
    }

    private static String line(String unit, String key) {
        return unit.lines()
                .filter(line -> line.startsWith(key + "="))
                .map(line -> line.substring(key.length() + 1))
                .findFirst()
                .orElseThrow();
    }
}
