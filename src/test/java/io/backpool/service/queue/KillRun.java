package io.backpool.service.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.backpool.testkit.ServerProcess;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.sqlite.util.OSInfo;

/**
 * Processes that publish to one queue and handle its messages while things are killed, and what
 * became of the messages in the end. Used by one thread.
 */
final class KillRun implements AutoCloseable {
    /** Without anything new, after which nothing more is expected. */
    private static final Duration LONG = Duration.ofMinutes(2);

    private final Path directory;
    private final String url;
    private final String name;
    private final int each;
    private final long pauseMillis;
    private final Path published;
    private final Path handled;
    private final Path sqlite;
    private final List<ServerProcess> processes = new ArrayList<>();
    private int started;

    /**
     * Starts the processes.
     *
     * @param directory of its own
     * @param messages of all processes together, published within {@code time} if nothing happens
     */
    KillRun(Path directory, String url, String name, int processes, int messages, Duration time)
            throws IOException {
        this.directory = Files.createDirectories(directory);
        this.url = url;
        this.name = name;
        this.each = messages / processes;
        this.pauseMillis = time.toMillis() / each;
        this.published = Files.createDirectory(directory.resolve("published"));
        this.handled = Files.createDirectory(directory.resolve("handled"));
        this.sqlite = unpackSqlite();
        for (int i = 0; i < processes; i++) {
            this.processes.add(start(i, ""));
        }
    }

    int processes() {
        return processes.size();
    }

    /** Kills one process; another takes its place. */
    void replace(int index) throws IOException {
        replace(index, "");
    }

    /** Likewise by one to which the disk is full. */
    void replaceOnAFullDisk(int index) throws IOException {
        replace(index, "ulimit -f 64; ");
    }

    /** Waits until it says that it can't write. */
    void awaitFailure(int index) {
        processes.get(index).awaitLog("fails to");
    }

    private void replace(int index, String before) throws IOException {
        kill(processes.get(index));
        processes.set(index, start(index, before));
    }

    /** Waits until so many more are published: then what is killed next was in use. */
    void awaitPublished(int more) throws IOException {
        int before = distinct(published);
        int all = each * processes.size();
        await().atMost(LONG).until(() -> distinct(published) >= Math.min(all, before + more));
    }

    /** Waits until all is published and handled; says how it was. */
    void finish(String engine, String what) throws IOException {
        int messages = each * processes.size();
        awaitAll(published, messages);
        Set<String> taken = new HashSet<>(KillProgram.lines(published, ""));
        awaitAll(handled, taken.size());
        await().atMost(LONG)
                .pollInterval(Duration.ofMillis(500))
                .until(() -> new HashSet<>(KillProgram.lines(handled, "")).containsAll(taken));
        List<String> all = KillProgram.lines(handled, "");
        int distinct = new HashSet<>(all).size();
        assertThat(all).containsAll(taken);
        System.out.printf(
                "kill test, %s: %d messages, %s: none lost, %d handled twice, %d handled that got"
                        + " no 202%n",
                engine, taken.size(), what, all.size() - distinct, distinct - taken.size());
    }

    /** However long that takes, as long as there is something new. */
    private static void awaitAll(Path folder, int count) throws IOException {
        for (int seen = 0; seen < count; seen = distinct(folder)) {
            int before = seen;
            await().atMost(LONG)
                    .pollInterval(Duration.ofMillis(500))
                    .until(() -> distinct(folder) >= Math.min(count, before + 1));
        }
    }

    private static int distinct(Path folder) throws IOException {
        return new HashSet<>(KillProgram.lines(folder, "")).size();
    }

    private ServerProcess start(int index, String before) throws IOException {
        started++;
        long done = KillProgram.lines(published, index + "-").size();
        List<String> command =
                List.of(
                        "sh",
                        "-c",
                        before + "exec \"$@\"",
                        "sh",
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx96m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-XX:-UsePerfData",
                        "-Dorg.sqlite.lib.path=" + sqlite.getParent(),
                        "-Dorg.sqlite.lib.name=" + sqlite.getFileName(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        KillProgram.class.getName(),
                        url,
                        name,
                        directory.resolve("states.db").toString(),
                        published.resolve(index + "-" + started).toString(),
                        handled.resolve(Integer.toString(started)).toString(),
                        Long.toString(Math.max(0, each - done)),
                        Long.toString(pauseMillis));
        return ServerProcess.start(
                directory, directory.resolve("process-" + started + ".log"), Map.of(), command);
    }

    /** The driver unpacks its library at each start, for which a full disk has no room. */
    private Path unpackSqlite() throws IOException {
        String library = "libsqlitejdbc.so";
        Path unpacked = directory.resolve(library);
        String resource =
                "/org/sqlite/native/" + OSInfo.getNativeLibFolderPathForCurrentOS() + "/" + library;
        try (InputStream in =
                Objects.requireNonNull(OSInfo.class.getResourceAsStream(resource), resource)) {
            Files.copy(in, unpacked);
        }
        return unpacked;
    }

    private static void kill(ServerProcess process) {
        process.signal("KILL");
        process.awaitExit();
    }

    @Override
    public void close() {
        processes.forEach(KillRun::kill);
    }
}
