package io.backpool.testkit;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A real PostgreSQL on a free loopback port, that a test may kill and start again. Since it refuses
 * to run as root, it then runs as {@code postgres}. User {@code app}, password {@code s3cret}.
 */
public final class PostgresServer implements TestServer {
    public static final int MAX_CONNECTIONS = 30;

    private final Path directory;
    private final Path log;
    private final int port = Ports.free();
    private final Running running;

    private PostgresServer(Path directory, Path log) {
        this.directory = directory;
        this.log = log;
        initialize();
        this.running = new Running(this::launch);
    }

    public static PostgresServer start() {
        Path directory = newDirectory();
        return new PostgresServer(directory, directory);
    }

    /** One whose tables are on this disk, and its write-ahead log on another. */
    public static PostgresServer startWithTablesOn(SmallDisk disk) {
        return new PostgresServer(disk.path(), newDirectory());
    }

    /** One whose write-ahead log is on this disk, and its tables on another. */
    public static PostgresServer startWithLogOn(SmallDisk disk) {
        return new PostgresServer(newDirectory(), disk.path());
    }

    private static Path newDirectory() {
        try {
            return Files.createTempDirectory("postgres");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public Running running() {
        return running;
    }

    @Override
    public int port() {
        return port;
    }

    @Override
    public String url() {
        return url("s3cret");
    }

    public String url(String password) {
        return "jdbc:postgresql://127.0.0.1:%d/postgres?user=app&password=%s"
                .formatted(port, password);
    }

    @Override
    public void close() {
        process().signal("INT");
        process().awaitExit();
        delete(directory);
        delete(log);
    }

    private static void delete(Path directory) {
        try (Stream<Path> files = Files.walk(directory)) {
            files.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(File::delete);
        } catch (NoSuchFileException e) {
            // It was the other one.
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void initialize() {
        try {
            Files.writeString(directory.resolve("password"), "s3cret");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        if (isRoot()) {
            run(
                    "chown.log",
                    List.of("chown", "-R", "postgres", directory.toString(), log.toString()));
        }
        run(
                "initdb.log",
                unprivileged(
                        program("initdb"),
                        "-D",
                        directory + "/data",
                        "-X",
                        log + "/wal",
                        "--wal-segsize=1",
                        "-U",
                        "app",
                        "-A",
                        "scram-sha-256",
                        "--pwfile",
                        directory + "/password",
                        "-E",
                        "UTF8",
                        "--no-locale",
                        "-N"));
    }

    private ServerProcess launch() {
        return ServerProcess.start(
                        directory,
                        directory.resolve("postgres.log"),
                        Map.of(),
                        unprivileged(
                                program("postgres"),
                                "-D",
                                directory + "/data",
                                "-h",
                                "127.0.0.1",
                                "-p",
                                Integer.toString(port),
                                "-k",
                                directory.toString(),
                                "-c",
                                "max_connections=" + MAX_CONNECTIONS))
                .awaitLog("database system is ready to accept connections");
    }

    private void run(String log, List<String> command) {
        if (ServerProcess.start(directory, directory.resolve(log), Map.of(), command).awaitExit()
                != 0) {
            throw new AssertionError(command + " failed");
        }
    }

    private static List<String> unprivileged(String... command) {
        List<String> all = new ArrayList<>();
        if (isRoot()) {
            all.addAll(
                    List.of(
                            ServerProcess.program("setpriv"),
                            "--reuid=postgres",
                            "--regid=postgres",
                            "--clear-groups"));
        }
        all.addAll(List.of(command));
        return all;
    }

    private static boolean isRoot() {
        return System.getProperty("user.name").equals("root");
    }

    /** Debian has a folder a version. */
    private static String program(String name) {
        File[] versions = new File("/usr/lib/postgresql").listFiles();
        return Stream.of(versions == null ? new File[0] : versions)
                .map(version -> new File(version, "bin/" + name))
                .filter(File::canExecute)
                .max(Comparator.naturalOrder())
                .orElseThrow(
                        () ->
                                new AssertionError(
                                        "this test needs PostgreSQL: run bin/test, which installs"
                                                + " it"))
                .getPath();
    }
}
