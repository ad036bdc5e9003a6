package io.backpool.reliability;

import io.backpool.testkit.Command;
import io.backpool.testkit.Ports;
import io.backpool.testkit.SmallDisk;
import io.backpool.testkit.Sockets;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A real pool behind one or two real httpds under load, in a directory of its own, and the model of
 * what it should be. Used by one thread.
 */
final class World implements AutoCloseable {
    /** A body that only the larger {@code limits.body-size} lets through. */
    static final int PROBE_BODY = 4000;

    private static final int SMALL = 2000;
    private static final int LARGE = 1_000_000;

    final Model model;
    final PoolProcess pool;
    final List<FrontEnd> fronts = new ArrayList<>();
    final Losses losses = new Losses();
    final Journal journal;
    final Versions versions;
    private final Path directory;

    /** What is written there fails while the disk is full; null: none can be mounted. */
    private final @Nullable SmallDisk disk;

    /** Ctrl-C leaves no servers and no mounted disk behind. */
    private final Thread interrupted = new Thread(this::stop, "interrupted");

    private final int firstPort = Ports.free(3 * Model.MOST_MEMBERS + 1);
    private final Load load;

    /**
     * Starts all of it and waits until all members are in every rotation.
     *
     * @param directory of its own; removed at the end by the caller
     */
    World(Setup setup, Flags flags, Path directory) throws Exception {
        this.model = new Model(setup, flags);
        this.directory = directory;
        // httpd's children read here, as another user.
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        Path output = Files.createDirectory(directory.resolve("disk"));
        Runtime.getRuntime().addShutdownHook(interrupted);
        this.disk = flags.mount() ? SmallDisk.mount(output) : null;
        this.journal = new Journal(directory.resolve("journal"));
        this.versions =
                setup.programs() ? new SoakProgram(directory) : new SoakApplication(directory);
        this.pool = new PoolProcess(directory, output, adminPort());
        try {
            versions.install(model.version, false);
            openFronts(setup);
            awaitSettled();
            this.load = new Load(fronts.stream().map(front -> front.port).toList());
        } catch (Exception | AssertionError e) {
            close();
            throw e;
        }
    }

    private void openFronts(Setup setup) throws Exception {
        // httpd's files are printed from the same settings, but for whom the pool tells.
        Files.writeString(directory.resolve("conf.yaml"), settings(false, Model.MOST_MEMBERS, ""));
        StringBuilder balancers = new StringBuilder("balancers:\n");
        for (int index = 0; index < setup.fronts().size(); index++) {
            Setup.Front kind = setup.fronts().get(index);
            int number = index + 1;
            var front =
                    new FrontEnd(
                            index, kind, directory.resolve("h" + number), this::printConfiguration);
            fronts.add(front);
            writePassword(front);
            balancers.append(
                    "  - {manager: \"http://127.0.0.1:%d/balancer-manager\", protocol: %s,"
                                    .formatted(front.relayPort(), kind.protocol())
                            + " membership: %s, user: %s, password-file: %s}\n"
                                    .formatted(
                                            kind.membership(), FrontEnd.USER, passwordFile(front)));
        }
        this.balancers = balancers.toString();
        writeSettings("large");
        startPool();
    }

    private String balancers = "";

    private String printConfiguration(FrontEnd front) {
        Command printed =
                pool.run(
                        "conf",
                        "apache",
                        "--standalone",
                        "--config=conf.yaml",
                        "--protocol=" + front.kind.protocol(),
                        "--membership=" + front.kind.membership(),
                        "--listen=127.0.0.1:" + front.port,
                        "--manager-port=" + front.managerPort(),
                        "--dir=" + front.directory());
        if (printed.exit() != 0) {
            throw new AssertionError(printed.output());
        }
        return printed.output();
    }

    /** As {@link Sockets} names the flags. */
    private String sockets() {
        return Sockets.flags(directory).stream()
                .map(flag -> flag.replace("--", "  ").replace("=", ": ") + "\n")
                .collect(Collectors.joining());
    }

    private String settings(boolean small, int members, String balancersOfIt) {
        return """
        pool:
          members: %d
          http-port: %d
          ajp-port: %d
          sticky-grace: 1s
        %s%s%s%sadmin: {port: %d}
        """
                .formatted(
                        members,
                        firstPort,
                        firstPort + Model.MOST_MEMBERS,
                        switch (model.setup.members()) {
                            case JVM -> "";
                            case PROCESSES -> "  processes: true\n";
                            // httpd's count of requests, for which they wait, may stay too high.
                            case PROGRAMS -> "  drain-timeout: 5s\n";
                        },
                        model.setup.sockets() ? sockets() : "",
                        balancersOfIt,
                        versions.settings(small ? SMALL : LARGE),
                        adminPort());
    }

    /** Writes backend.yaml: {@code small} or {@code large} bodies, or {@code bad}. */
    void writeSettings(String how) throws IOException {
        String text = settings(how.equals("small"), Model.FIRST_MEMBERS, balancers);
        Files.writeString(
                directory.resolve("backend.yaml"),
                how.equals("bad") ? text + "no-such-key: {a: 1}\n" : text);
    }

    private static String passwordFile(FrontEnd front) {
        return "password-h" + (front.index + 1);
    }

    /** The password that httpd now expects becomes the pool's. */
    void writePassword(FrontEnd front) throws IOException {
        Path file = directory.resolve(passwordFile(front));
        Files.writeString(file, front.password());
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    }

    /** Starts the pool as an init system does: again, if it ends at once. */
    void startPool() throws IOException, InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        pool.start();
        while (!isReady()) {
            if (System.nanoTime() - deadline > 0) {
                throw new IOException("the pool does not become ready: " + pool.log());
            }
            TimeUnit.MILLISECONDS.sleep(100);
            if (!pool.isAlive()) {
                TimeUnit.MILLISECONDS.sleep(400);
                pool.start();
            }
        }
    }

    private boolean isReady() throws InterruptedException {
        try {
            return pool.get("/health/ready?all").contains("\"status\":\"UP\"");
        } catch (IOException e) {
            return false;
        }
    }

    int adminPort() {
        return firstPort + 2 * Model.MOST_MEMBERS;
    }

    int httpPort(String route) {
        return firstPort + number(route) - 1;
    }

    int port(String route, String protocol) {
        return httpPort(route) + (protocol.equals("ajp") ? Model.MOST_MEMBERS : 0);
    }

    private static int number(String route) {
        return Integer.parseInt(route.substring(1));
    }

    FrontEnd front(String name) {
        return fronts.get(Model.index(name));
    }

    Load load() {
        return load;
    }

    /** Waits until the world is as the model says; for what takes part in an operation. */
    void awaitSettled() throws Exception {
        Invariants.awaitSettled(this, TimeUnit.SECONDS.toMillis(60));
    }

    SmallDisk disk() {
        return Objects.requireNonNull(disk);
    }

    /** Processes whose holdings must not grow: the pool's, and its members'. */
    List<Long> processes() {
        List<Long> all = new ArrayList<>(List.of(pool.pid()));
        pool.descendants().stream()
                .filter(one -> one.info().command().orElse("").endsWith("java"))
                .map(ProcessHandle::pid)
                .forEach(all::add);
        return all;
    }

    /** What a person needs to see why. */
    String logs() throws IOException {
        return IntStream.range(0, fronts.size())
                        .mapToObj(
                                index -> {
                                    try {
                                        return "h%d said:%n%s"
                                                .formatted(index + 1, fronts.get(index).errorLog());
                                    } catch (IOException e) {
                                        return e.toString();
                                    }
                                })
                        .collect(Collectors.joining("\n"))
                + "\nThe pool said:\n"
                + pool.log();
    }

    /** At Ctrl-C, and at the end. */
    private void stop() {
        pool.close();
        fronts.forEach(FrontEnd::close);
        if (disk != null) {
            disk.close();
        }
    }

    @Override
    public void close() {
        if (load != null) {
            load.close();
        }
        Runtime.getRuntime().removeShutdownHook(interrupted);
        stop();
    }
}
