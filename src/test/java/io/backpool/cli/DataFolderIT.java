package io.backpool.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.backpool.testkit.Backend;
import io.backpool.testkit.Command;
import io.backpool.testkit.Ports;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code data} in the working directory, and what a working directory may be. */
class DataFolderIT {
    @TempDir Path directory;

    @Test
    void itBelongsToOnePoolAndHasEverythingTemporary() throws IOException {
        try (Backend pool = Backend.start(directory, 1)) {
            assertThat(pool.get(1, "/users").statusCode()).isEqualTo(200);
            try (Stream<Path> files = Files.list(directory.resolve("data/tmp"))) {
                assertThat(files.map(file -> file.getFileName().toString()))
                        .anyMatch(name -> name.contains("sqlite"));
            }
            int first = Ports.free(3);
            Command second =
                    Command.run(
                            directory,
                            Backend.command(
                                    "--members=1",
                                    "--http-port=" + first,
                                    "--ajp-port=" + (first + 1),
                                    "--admin-port=" + (first + 2)));
            assertThat(second.exit()).isEqualTo(69);
            assertThat(second.output().strip())
                    .isEqualTo(
                            directory.resolve("data").toRealPath()
                                    + " belongs to the pool that runs as process "
                                    + pool.process().pid()
                                    + ": stop that one, or start this one in a directory of its"
                                    + " own");
            pool.process().handle().destroyForcibly();
            pool.process().awaitExit();
        }
        try (Backend next = Backend.start(directory, 1, "--processes")) {
            assertThat(next.get(1, "/").statusCode()).isEqualTo(200);
        }
    }

    @Test
    void aFolderThatNothingMayRunFromIsNamed() throws IOException {
        Path folder = Files.createDirectories(directory.resolve("data/tmp"));
        Files.createFile(directory.resolve("data/app.db"));
        Files.createFile(directory.resolve("data/queue.db"));
        String check =
                String.join(" ", Backend.command("check", "--connect"))
                        .replaceFirst(" -jar ", " -Djava.io.tmpdir=" + folder + " -jar ");
        Command found =
                Command.run(
                        directory,
                        List.of(
                                "unshare",
                                "-m",
                                "sh",
                                "-c",
                                "mount -t tmpfs -o noexec none " + folder + " && exec " + check));
        assertThat(found.exit()).isEqualTo(69);
        assertThat(found.output()).doesNotContain("\tat ", "No native library found");
        assertThat(found.output().lines())
                .filteredOn(line -> line.contains("cannot open"))
                .hasSize(2)
                .allMatch(line -> line.contains("can't be loaded from " + folder + " (full"));
    }

    @Test
    void aDirectoryThatTheLocaleCanNotNameIsRefusedBeforeAnythingIsMade() throws IOException {
        String folder = "\"$(printf 'd\\303\\244ta')\"";
        String command = String.join(" ", Backend.command("check"));
        Command check =
                Command.run(
                        directory,
                        Map.of("LC_ALL", "C"),
                        shell("mkdir " + folder + " && cd " + folder + " && " + command));
        assertThat(check.exit()).isEqualTo(78);
        assertThat(check.output()).contains("LC_ALL=C.UTF-8").hasLineCount(1);
        assertThat(Command.run(directory, List.of("sh", "-c", "ls | wc -l")).output().strip())
                .isEqualTo("1");
        Command file =
                Command.run(
                        directory,
                        Map.of("LC_ALL", "C"),
                        shell(command + " --config " + folder + "/backend.yaml"));
        assertThat(file.exit()).isEqualTo(78);
        assertThat(file.output()).contains("LC_ALL=C.UTF-8").hasLineCount(1);
        Command value =
                Command.run(
                        directory,
                        Map.of("LC_ALL", "C"),
                        shell(command + " --access-log-file " + folder + "/access.log"));
        assertThat(value.exit()).isEqualTo(78);
        assertThat(value.output())
                .contains("access-log.file: was ", "LC_ALL=C.UTF-8")
                .hasLineCount(1);
        Command named =
                Command.run(
                        directory,
                        Map.of("LC_ALL", "C.UTF-8"),
                        shell("cd " + folder + " && " + command));
        assertThat(named).isEqualTo(new Command(0, "ok\n"));
    }

    private static List<String> shell(String command) {
        return List.of("sh", "-c", command);
    }
}
