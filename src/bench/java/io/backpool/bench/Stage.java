package io.backpool.bench;

import io.backpool.testkit.Httpd;
import io.backpool.testkit.Ports;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/**
 * What a section works with: servers that are ended with it, rounds, results. What fails is noted,
 * and the rest goes on. Used by one thread.
 */
final class Stage implements AutoCloseable {
    final Path directory;
    final Results results = Results.empty();

    /** Whether figures may be rough. */
    final boolean quick;

    private final List<AutoCloseable> open = new ArrayList<>();

    Stage(Path directory, boolean quick) {
        this.directory = directory;
        this.quick = quick;
    }

    /**
     * Something whose requests are counted, in one way to reach it.
     *
     * @param server whose processor time is the figure
     * @param front httpd, if it stands before it
     */
    record Lane(String name, Wrk load, ProcessTree server, @Nullable ProcessTree front) {}

    int rounds() {
        return quick ? 2 : 4;
    }

    double seconds() {
        return quick ? 1 : 3;
    }

    /** Those that run on the Java that runs this. */
    Peers peers() {
        return peers(Path.of(System.getProperty("java.home"), "bin", "java"));
    }

    Peers peers(Path java) {
        return new Peers(directory, java);
    }

    /** Starts what is ended with this stage; null if it does not start. */
    <T extends AutoCloseable> @Nullable T start(String name, Callable<T> starter) {
        return attempt(
                "start of " + name,
                () -> {
                    T started = starter.call();
                    open.add(started);
                    return started;
                });
    }

    /** Whatever comes of it; null, and a note, if nothing does. */
    <T> @Nullable T attempt(String what, Callable<T> work) {
        try {
            return work.call();
        } catch (Exception | AssertionError e) {
            String why = e.getMessage() == null ? e.toString() : e.getMessage();
            results.failures().add(what + ": " + why.lines().limit(4).toList());
            System.err.println("  " + what + " failed: " + why);
            return null;
        }
    }

    /**
     * Warms every lane up, twice, since compilers are still busy with the first time when the next
     * lane is asked; then asks them in turn, again and again.
     */
    void measure(List<Lane> lanes) {
        measure(lanes, rounds());
    }

    void measure(List<Lane> lanes, int rounds) {
        List<Lane> well = new ArrayList<>(lanes);
        for (int pass = 1; pass <= 2; pass++) {
            well.removeIf(
                    lane ->
                            attempt(lane.name + ", warm-up", () -> lane.load.run(warmUp()))
                                    == null);
        }
        for (int round = 1; round <= rounds; round++) {
            System.err.println("  round " + round + " of " + rounds + ", " + well.size() + " lanes");
            well.removeIf(lane -> attempt(lane.name, () -> measure(lane)) == null);
        }
        well.forEach(lane -> results.add(lane.name, "pss_mib", lane.server.pssMib()));
    }

    private double warmUp() {
        return quick ? 1 : 3;
    }

    private Wrk.Outcome measure(Lane lane) {
        double server = lane.server.cpuSeconds();
        double front = lane.front == null ? 0 : lane.front.cpuSeconds();
        Wrk.Outcome outcome = lane.load.run(seconds());
        double micros = 1e6 / outcome.requests();
        results.add(lane.name, "cpu_us", (lane.server.cpuSeconds() - server) * micros);
        if (lane.front != null) {
            results.add(lane.name, "front_us", (lane.front.cpuSeconds() - front) * micros);
        }
        results.add(lane.name, "per_second", outcome.perSecond());
        results.add(lane.name, "p50_us", outcome.micros().get(0));
        results.add(lane.name, "p99_us", outcome.micros().get(1));
        results.add(lane.name, "p999_us", outcome.micros().get(2));
        results.add(lane.name, "failed", (double) outcome.failed());
        return outcome;
    }

    /** One httpd before many servers: a port for each name. */
    record Front(Httpd httpd, Map<String, Integer> ports) implements AutoCloseable {
        int port(String name) {
            return java.util.Objects.requireNonNull(ports.get(name), name);
        }

        ProcessTree tree() {
            return new ProcessTree(httpd.process().pid());
        }

        @Override
        public void close() {
            httpd.close();
        }
    }

    /**
     * Starts httpd with nothing but a {@code ProxyPass} for each of {@code targets}, by name, {@code
     * http://...}, {@code ajp://...} or {@code h2c://...}, or one of them after {@code unix:PATH|};
     * all tuned alike.
     */
    @Nullable Front front(Map<String, String> targets) {
        return start("httpd", () -> openFront(targets));
    }

    private Front openFront(Map<String, String> targets) throws IOException {
        Path own = Files.createTempDirectory(directory, "httpd");
        int first = Ports.free(targets.size());
        Map<String, Integer> ports = new LinkedHashMap<>();
        var text = new StringBuilder(Httpd.base(own, first));
        text.append(
                """
                ServerLimit 16
                ThreadsPerChild 64
                MaxRequestWorkers 1024
                MaxKeepAliveRequests 0
                ProxyIOBufferSize 65536
                """);
        targets.forEach(
                (name, target) -> {
                    int port = first + ports.size();
                    ports.put(name, port);
                    text.append(port == first ? "" : "Listen 127.0.0.1:" + port + "\n");
                    text.append(virtualHost(port, target));
                });
        return new Front(Httpd.start(own, text.toString(), first), ports);
    }

    /** Passes everything on to {@code target}. */
    static String virtualHost(int port, String target) {
        return """
        <VirtualHost 127.0.0.1:%d>
            SetEnv ap_trust_cgilike_cl 1
            ProxyPass / "%s/"%s
        </VirtualHost>
        """
                .formatted(
                        port,
                        target,
                        target.contains("ajp://") ? " secret=" + Peers.AJP_SECRET : "");
    }

    /** A directory that httpd may search, unlike those of this stage. */
    Path sockets() throws IOException {
        Path sockets = Files.createTempDirectory("backpool-bench");
        open.add(() -> Bench.delete(sockets));
        return sockets;
    }

    /** How httpd reaches a pool of one member through its sockets, by the protocol. */
    static Map<String, String> socketTargets(Path sockets) {
        String socket = "unix:" + sockets.resolve("run").resolve("m1");
        Map<String, String> targets = new LinkedHashMap<>();
        targets.put("http over a socket", socket + ".sock|http://localhost");
        targets.put("ajp over a socket", socket + "-ajp.sock|ajp://localhost");
        return targets;
    }

    /** In reverse, past failures. */
    @Override
    public void close() {
        for (int i = open.size() - 1; i >= 0; i--) {
            AutoCloseable server = open.get(i);
            attempt(
                    "end of a server",
                    () -> {
                        server.close();
                        return server;
                    });
        }
    }
}
