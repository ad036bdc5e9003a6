package io.backpool.supervisor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.backpool.testkit.Backend;
import io.backpool.testkit.Command;
import java.io.File;
import java.io.FileFilter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

/**
 * Children start from classes that were read beforehand: from a class-data archive on Java 17, from
 * an AOT cache on 25. The JVM's own maps tell whether it does.
 */
class ArchiveIT {
    private static final String SUFFIX = Runtime.version().feature() >= 25 ? ".aot" : ".jsa";

    @TempDir Path directory;

    @BeforeEach
    void patience() {
        org.awaitility.Awaitility.setDefaultTimeout(Duration.ofMinutes(2));
    }

    @Test
    void itIsMadeOnceUsedSilentlyMissedWithoutHarmAndMadeAnewForAnotherJar() throws IOException {
        Path jar = Files.copy(Backend.jar(), directory.resolve("backend.jar"));
        Path cache = directory.resolve("cache");
        var environment = Map.of("CACHE_DIRECTORY", cache.toString());
        try (Backend pool = Backend.start(directory, 1, jar, environment, "--processes")) {
            assertThat(mapped(pool)).isEmpty();
            await().until(() -> archives(cache).size() == 1);
            Path first = archives(cache).get(0);

            restart(pool);
            assertThat(mapped(pool)).containsExactly(first);

            // Moved there: the running one has the old one mapped.
            Path odd = Files.writeString(directory.resolve("odd"), "no archive");
            Files.move(odd, first, StandardCopyOption.REPLACE_EXISTING);
            restart(pool);
            assertThat(mapped(pool)).isEmpty();

            changeSomethingIn(jar);
            restart(pool);
            assertThat(mapped(pool)).isEmpty();
            await().until(() -> archives(cache).size() == 2);
            assertThat(archives(cache)).contains(first);
            assertThat(pool.process().log())
                    .doesNotContainIgnoringCase("archive", "AOT", "cds", "warning", "error");
        }
    }

    private void restart(Backend pool) {
        long before = pid(pool);
        List<String> command = Backend.command("restart");
        command.add("--force"); // the only member
        command.add("--admin-port=" + pool.adminPort());
        Command restart = Command.run(directory, command);
        assertThat(restart.exit()).as(restart.output()).isZero();
        assertThat(pid(pool)).isNotEqualTo(before);
    }

    private static void changeSomethingIn(Path jar) throws IOException {
        try (var inside = FileSystems.newFileSystem(jar)) {
            Files.writeString(inside.getPath("new.txt"), "something new");
        }
    }

    /** The archives of ours that the member's JVM has mapped. */
    private static List<Path> mapped(Backend pool) throws IOException {
        return Files.readAllLines(Path.of("/proc/" + pid(pool) + "/maps"), StandardCharsets.UTF_8)
                .stream()
                .filter(line -> line.endsWith(SUFFIX) && !line.contains("/lib/server/"))
                .map(line -> Path.of(line.substring(line.indexOf('/'))))
                .distinct()
                .toList();
    }

    private static long pid(Backend pool) {
        return new JsonMapper()
                .readTree(pool.admin("/status.json").body())
                .at("/members/0/pid")
                .asLong();
    }

    private static List<Path> archives(Path cache) {
        return files(cache.toFile(), File::isDirectory)
                .flatMap(folder -> files(folder, file -> isArchive(file.getName())))
                .map(File::toPath)
                .toList();
    }

    /** What is half made has a dot. */
    private static boolean isArchive(String name) {
        return name.endsWith(SUFFIX) && !name.startsWith(".");
    }

    private static Stream<File> files(File folder, FileFilter wanted) {
        return Stream.of(Objects.requireNonNull(folder.listFiles(wanted)));
    }
}
