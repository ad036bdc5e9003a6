package io.backpool.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.backpool.testkit.Backend;
import io.backpool.testkit.Command;
import io.backpool.testkit.Ports;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The jar as a command: what it says and what it ends with. */
class MainIT {
    @TempDir Path directory;

    @Test
    void helpAndVersionAreThereForEveryCommand() {
        assertThat(run("--version"))
                .satisfies(it -> assertThat(it.output()).startsWith("Backpool 0."))
                .extracting(Command::exit)
                .isEqualTo(0);
        assertThat(run("--help").output()).contains("serve", "check", "status", "drain", "78");
        for (String command : Main.commandLine().getSubcommands().keySet()) {
            if (!List.of("help", "conf", "queue").contains(command)) {
                assertThat(run(command, "--help").output())
                        .as(command)
                        .contains("Usage: java -jar backend.jar " + command)
                        .contains("--config=FILE");
            }
        }
    }

    @Test
    void wrongUsageExitsWith2AndSaysWhatToTry() {
        assertThat(run("srve"))
                .isEqualTo(
                        new Command(
                                2,
                                "Unmatched argument at index 0: 'srve'\n"
                                        + "Did you mean: java -jar backend.jar serve?\n"
                                        + "Try: java -jar backend.jar --help\n"));
        assertThat(run("--membrs", "3").output()).contains("Possible solutions: --members");
        assertThat(run("--membrs", "3").exit()).isEqualTo(2);
        assertThat(run("drain").output()).contains("Missing required parameter: 'ROUTE'");
        assertThat(run("serve", "--members").exit()).isEqualTo(2);
    }

    @Test
    void aWrongConfigurationExitsWith78AndTellsEveryMistake() throws IOException {
        Files.writeString(
                directory.resolve("backend.yaml"), "pool:\n  members: 0\n  colour: red\n");

        Command check = run("check", "--http-port", "x");

        assertThat(check.exit()).isEqualTo(78);
        assertThat(check.output().lines())
                .containsExactly(
                        "backend.yaml:3: pool.colour: no such setting",
                        "backend.yaml:2: pool.members: was 0, must be a whole number from 1 to 100",
                        "--http-port: pool.http-port: was x, must be a whole number from 1 to"
                                + " 65535");
        assertThat(run("serve").exit()).isEqualTo(78);
        assertThat(
                        Command.run(
                                        directory,
                                        Map.of("BACKPOOL_CONFIG", "other.yaml"),
                                        Backend.command("check"))
                                .output())
                .isEqualTo(run("check", "--config", "other.yaml").output());
        assertThat(run("check", "--config", "other.yaml").output())
                .isEqualTo("other.yaml: no such file\n");
    }

    @Test
    void checkConnectSaysPerEngineWhatItFoundOrWhatIsWrong() throws IOException {
        assertThat(run("check", "--connect").output())
                .contains("cache.url: memory:: answers")
                .contains("queue.url: sqlite:")
                .contains("database.url: jdbc:sqlite:")
                .endsWith("ok\n");

        Files.writeString(
                directory.resolve("backend.yaml"),
                """
                cache: {url: "redis://:hidden-1@127.0.0.1:1/0"}
                queue: {url: "amqp://user:hidden-2@127.0.0.1:1/"}
                database: {url: "jdbc:postgresql://127.0.0.1:1/app?user=u&password=hidden-3"}
                sessions: {url: "redis://:hidden-4@127.0.0.1:1/0"}
                """);
        Command away = run("check", "--connect");

        assertThat(away.exit()).isEqualTo(69);
        assertThat(away.output())
                .contains("cache.url: cannot open", "queue.url: cannot open")
                .contains("database.url: cannot open", "sessions.url: cannot open")
                .doesNotContain("hidden-");
        assertThat(run("check").exit()).isZero();
    }

    @Test
    void checkRefusesUrlsThatCannotBeOpened() throws IOException {
        Files.writeString(
                directory.resolve("backend.yaml"),
                """
                queue: {url: "amqp:///app"}
                database: {url: "jdbc:postgresql://127.0.0.1/app?colour=red"}
                """);
        Command check = run("check");

        assertThat(check.exit()).isEqualTo(78);
        assertThat(check.output()).contains("queue.url: ", "database.url: ");
        assertThat(check.output()).doesNotContain("red");
    }

    @Test
    void aVariableIsReadAndAnUnknownOneRefused() {
        Command wrong =
                Command.run(
                        directory,
                        Map.of("BACKPOOL_POOL_MEMBERS", "no", "BACKPOOL_ADMIN_PROT", "1"),
                        Backend.command("check"));

        assertThat(wrong.exit()).isEqualTo(78);
        assertThat(wrong.output())
                .contains("BACKPOOL_POOL_MEMBERS: pool.members: was no, must be")
                .contains(
                        "BACKPOOL_ADMIN_PROT: no such setting, did you mean BACKPOOL_ADMIN_PORT?");
    }

    @Test
    void checkSaysOkAndStartsNothing() {
        assertThat(run("check")).isEqualTo(new Command(0, "ok\n"));
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void aTakenPortExitsWith69AndNothingStaysOpen() throws IOException {
        int first = Ports.free(3);
        try (var taken = new ServerSocket()) {
            taken.bind(new java.net.InetSocketAddress(InetAddress.getLoopbackAddress(), first + 1));

            Command serve =
                    run(
                            "--http-port=" + first,
                            "--members=2",
                            "--ajp-port=0",
                            "--admin-port=" + (first + 2));

            assertThat(serve.exit()).isEqualTo(69);
            assertThat(serve.output())
                    .contains(
                            "Cannot listen on 127.0.0.1:%d (HTTP): Address already in use."
                                            .formatted(first + 1)
                                    + " Is another backend running?");
        }
    }

    @Test
    void withoutAPoolTheControlCommandsExitWith69() {
        String port = "--admin-port=" + Ports.free();

        assertThat(run("status", port).exit()).isEqualTo(69);
        assertThat(run("drain", "m1", port).output())
                .contains("No pool answers on ", "Start one: ");
    }

    /** They are the service's, on another host or not made yet. */
    @Test
    void whatThePoolsFilesAreIsNothingToTheCommandsBesideIt() throws IOException {
        Files.writeString(
                directory.resolve("backend.yaml"),
                """
                access-log: {file: /var/log/not-yet/access.log}
                app: {jar: /opt/not-yet/app.jar}
                """);
        String port = "--admin-port=" + Ports.free();

        assertThat(run("check").output())
                .contains("access-log.file: /var/log/not-yet/access.log cannot be written");
        assertThat(run("status", port).exit()).isEqualTo(69);
        assertThat(run("conf", "apache").exit()).isZero();
        assertThat(run("conf", "systemd").exit()).isZero();
    }

    private Command run(String... arguments) {
        return Command.run(directory, Backend.command(arguments));
    }
}
