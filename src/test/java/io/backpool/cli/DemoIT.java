package io.backpool.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.backpool.testkit.Backend;
import io.backpool.testkit.Command;
import io.backpool.testkit.Ports;
import io.backpool.testkit.ServerProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a newcomer types first. */
class DemoIT {
    @TempDir Path directory;

    @Test
    void servesOverHttpAndAjpAndLeavesNothingBehind() throws IOException {
        int port = Ports.free();
        int members = Ports.free(8);
        int admin = Ports.free(5);
        Path temporary = Files.createDirectory(directory.resolve("tmp"));
        List<String> command =
                List.of(
                        Path.of("bin/demo").toAbsolutePath().toString(),
                        "--port=" + port,
                        "--",
                        "--members=2",
                        "--http-port=" + members,
                        "--ajp-port=" + (members + 4),
                        "--admin-port=" + admin);
        // httpd's children are nobody's, and look into the temporary directory.
        Stream.of(directory, temporary)
                .forEach(folder -> folder.toFile().setExecutable(true, false));
        try (var demo =
                ServerProcess.start(
                        directory,
                        directory.resolve("demo.log"),
                        Map.of("TMPDIR", temporary.toString()),
                        command)) {
            demo.awaitLog("Ctrl-C stops all of it");

            assertThat(get("http://127.0.0.1:" + port + "/")).isEqualTo("Hello, World!");
            assertThat(get("http://127.0.0.1:" + port + "/whoami")).contains("\"HTTP/1.1\"");
            assertThat(get("http://127.0.0.1:" + (port + 1000) + "/whoami"))
                    .contains("\"AJP/1.3\"");
            assertThat(scale(members, admin)).isZero();

            demo.signal("TERM");

            assertThat(demo.awaitExit()).isEqualTo(143);
            await().until(() -> IntStream.range(members, members + 8).noneMatch(Ports::isOpen));
            assertThat(Ports.isOpen(port)).isFalse();
            assertThat(temporary).isEmptyDirectory();
        }
    }

    /** The exit code of {@code scale 3}. */
    private int scale(int httpPort, int admin) {
        List<String> command = Backend.command("scale", "3");
        command.addAll(List.of("--http-port=" + httpPort, "--admin-port=" + admin));
        return Command.run(directory, command).exit();
    }

    private String get(String url) {
        return Command.run(directory, List.of("curl", "-s", url)).output();
    }
}
