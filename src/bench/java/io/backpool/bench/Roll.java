package io.backpool.bench;

import io.backpool.bench.Peers.Peer;
import io.backpool.testkit.Backend;
import io.backpool.testkit.Command;
import io.backpool.testkit.Httpd;
import io.backpool.testkit.Ports;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** What clients of httpd notice when all of its members are restarted, one after the other. */
final class Roll {
    /** Of 5 ms requests: about half of what can be served. */
    private static final double HALF_A_PROCESSOR = 75;

    private static final String BARE =
            """
            <Proxy balancer://app>
                BalancerMember http://127.0.0.1:%d retry=1
                BalancerMember http://127.0.0.1:%d retry=1
            </Proxy>
            ProxyPass / balancer://app/
            """;

    private Roll() {}

    static void run(Stage stage) {
        stage.attempt(
                "backpool", () -> backpool(stage, "backpool", 2, "30s", Roll::fullLoad));
        stage.attempt("undertow", () -> undertow(stage));
        for (String slowStart : List.of("30s", "0s")) {
            String name = "backpool at half the load, slow start " + slowStart;
            stage.attempt(name, () -> backpool(stage, name, 4, slowStart, Roll::halfTheLoad));
        }
    }

    /** The command {@code restart}, and the printed configuration. */
    private static Wrk.Outcome backpool(
            Stage stage, String name, int members, String slowStart, Clients clients)
            throws Exception {
        int front = Ports.free();
        int manager = Ports.free();
        int http = Ports.free(40);
        List<String> settings =
                List.of(
                        "--members=" + members,
                        "--slow-start=" + slowStart,
                        "--sticky-grace=1s",
                        "--balancer=http://127.0.0.1:" + manager + "/balancer-manager");
        Peers peers = stage.peers();
        Path own = Files.createTempDirectory(stage.directory, "roll");
        List<String> conf = peers.command(own, http, "conf apache");
        conf.addAll(settings);
        conf.addAll(
                List.of(
                        "--standalone",
                        "--listen=127.0.0.1:" + front,
                        "--manager-port=" + manager,
                        "--dir=" + own));
        Command printed = Command.run(own, conf);
        if (printed.exit() != 0) {
            throw new IOException(printed.output());
        }
        List<String> options = new ArrayList<>(settings);
        options.add("--processes");
        try (Peer pool = peers.start("backpool", http, options.toArray(String[]::new));
                Httpd httpd = Httpd.start(own, printed.output(), front)) {
            var restart = Backend.command("restart", "--members=" + members, "--admin-port=" + Peers.admin(http));
            Restart all =
                    () -> {
                        Command restarted = Command.run(own, restart);
                        if (restarted.exit() != 0) {
                            throw new IOException(restarted.output());
                        }
                    };
            all.run(); // a first one makes the archive of classes
            return measure(stage, name, front, all, clients);
        }
    }

    /** TERM and a new process, and the other one when that answers. */
    private static Wrk.Outcome undertow(Stage stage) throws Exception {
        int front = Ports.free();
        Path own = Files.createTempDirectory(stage.directory, "roll");
        Peers peers = stage.peers();
        List<Peer> members = new ArrayList<>();
        try {
            members.add(peers.start("undertow"));
            members.add(peers.start("undertow"));
            String conf =
                    Httpd.base(own, front)
                            + BARE.formatted(members.get(0).http(), members.get(1).http());
            try (Httpd httpd = Httpd.start(own, conf, front)) {
                return measure(
                        stage,
                        "undertow",
                        front,
                        () -> {
                            for (int i = 0; i < members.size(); i++) {
                                members.get(i).close();
                                members.set(i, peers.start("undertow", members.get(i).http()));
                            }
                        },
                        Roll::fullLoad);
            }
        } finally {
            members.forEach(Peer::close);
        }
    }

    /** Of all members. */
    private interface Restart {
        void run() throws Exception;
    }

    /** Clients of httpd for so many seconds. */
    private interface Clients {
        Wrk.Outcome run(int port, double seconds);
    }

    private static Wrk.Outcome fullLoad(int port, double seconds) {
        return Wrk.get(port, "/").connections(16).run(seconds);
    }

    /** Clients who don't wait for each other. */
    private static Wrk.Outcome halfTheLoad(int port, double seconds) {
        double rate = HALF_A_PROCESSOR * Runtime.getRuntime().availableProcessors();
        try {
            var load = new Load(5);
            Load.Flow flow = load.open(List.of(port), "/work?for=5ms", rate, "10.0.0.1");
            load.run(seconds);
            int failed = flow.refused() + flow.gaveUp() + flow.broken();
            return new Wrk.Outcome(
                    flow.served() + failed,
                    seconds,
                    failed,
                    Stream.of(0.5, 0.99, 0.999)
                            .map(part -> 1e3 * flow.servedMillis(part))
                            .toList());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Wrk.Outcome measure(
            Stage stage, String name, int port, Restart restart, Clients clients)
            throws Exception {
        clients.run(port, 10);
        double seconds = 50; // starts are slow beside load that takes all processors
        var outcome = CompletableFuture.supplyAsync(() -> clients.run(port, seconds));
        TimeUnit.SECONDS.sleep(1);
        long begin = System.nanoTime();
        restart.run();
        double took = (System.nanoTime() - begin) / 1e9;
        if (outcome.isDone()) {
            throw new IllegalStateException("the restart outlasted the load: " + took + " s");
        }
        Wrk.Outcome result = outcome.join();
        stage.results.add(name, "requests", (double) result.requests());
        stage.results.add(name, "failed", (double) result.failed());
        stage.results.add(name, "restart_s", took);
        stage.results.add(name, "p99_us", result.micros().get(1));
        stage.results.add(name, "p999_us", result.micros().get(2));
        return result;
    }
}
