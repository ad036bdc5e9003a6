package io.backpool.bench;

import io.backpool.bench.Load.Flow;
import io.backpool.bench.Peers.Peer;
import io.backpool.testkit.Httpd;
import io.backpool.testkit.Ports;
import io.backpool.testkit.ServerProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * More requests than the machine can serve, and loads that only look like that. Capacity is what
 * four clients get who wait for each answer, of the same server just before.
 */
final class Overload {
    private static final String WORK = "/work?for=5ms";
    private static final double PATIENCE_SECONDS = 2;

    /** Of clients whose requests may take long. */
    private static final double LONG_SECONDS = 20;

    /** Members of the pool of processes. */
    private static final int PROCESSES = 4;

    /** Of processor time in half a second. */
    private static final double IDLE_SECONDS = 0.05;

    private final Stage stage;

    /** Of one load. */
    private final double seconds;

    private Overload(Stage stage) {
        this.stage = stage;
        this.seconds = stage.quick ? 4 : 10;
    }

    /** A server as it is delivered, and the same without a limit; ports of members, or of httpd. */
    private record Lane(String name, Peer peer, List<Integer> ports) {}

    /** A load, to servers whose blocking handlers run on threads or on virtual threads. */
    private interface Scenario {
        void run(Overload overload, String kind, Peers peers);
    }

    /** One to a single server as it is delivered. */
    private interface Single {
        void run(Overload overload, Lane lane);
    }

    /** By the part of the section's name after {@code overload-}. */
    private static final Map<String, Scenario> SCENARIOS = new LinkedHashMap<>();

    static {
        SCENARIOS.put("fixed", Overload::fixedNumbers);
        SCENARIOS.put("asleep", Overload::asleep);
        SCENARIOS.put("flood", Overload::floods);
        SCENARIOS.put("httpd", single(Overload::behindHttpd));
        SCENARIOS.put("processes", Overload::processes);
        SCENARIOS.put("neighbours", single(Overload::besideNeighbours));
        SCENARIOS.put("quota", Overload::withQuota);
        SCENARIOS.put("slow", single(Overload::mixed));
        SCENARIOS.put("pause", single(Overload::paused));
        SCENARIOS.put("end", single(Overload::afterwards));
        SCENARIOS.put("greedy", single(Overload::shared));
    }

    private static Scenario single(Single load) {
        return (overload, kind, peers) -> {
            Lane lane = overload.lane(kind, peers, 1, blocking(kind));
            if (lane != null) {
                load.run(overload, lane);
            }
        };
    }

    static Set<String> scenarios() {
        return SCENARIOS.keySet();
    }

    static void run(Stage stage, String scenario) {
        var overload = new Overload(stage);
        Map<String, Peers> kinds = new LinkedHashMap<>();
        kinds.put("threads", stage.peers());
        Bench.newest().ifPresent(java -> kinds.put("virtual", stage.peers(java)));
        Scenario load = Objects.requireNonNull(SCENARIOS.get(scenario));
        kinds.forEach((kind, peers) -> load.run(overload, kind, peers));
    }

    private static String blocking(String kind) {
        return "--blocking=" + kind;
    }

    private void asleep(String kind, Peers peers) {
        boolean virtual = kind.equals("virtual");
        Lane lane =
                virtual
                        ? lane(kind, peers, 1, blocking(kind))
                        : lane("threads, 4 of them", peers, 1, blocking(kind), "--max-threads=4");
        if (lane != null) {
            closed(lane, virtual ? 1000 : 8, virtual ? "/sleep?for=1s" : "/sleep?for=2s");
        }
    }

    private void floods(String kind, Peers peers) {
        Lane ours = lane(kind, peers, 1, blocking(kind));
        Lane off = lane(kind + ", off", peers, 1, blocking(kind), "--limits-concurrency=off");
        if (ours != null && off != null) {
            flood(ours, 2);
            flood(ours, 4);
            flood(off, 2);
        }
    }

    private void processes(String kind, Peers peers) {
        Lane pool = lane(kind + ", processes", peers, PROCESSES, blocking(kind), "--processes");
        if (pool != null) {
            flood(pool, 2);
            flood(pool, 4);
        }
    }

    private void behindHttpd(Lane lane) {
        fronts(lane).forEach(front -> flood(front, 2));
    }

    private @Nullable Lane lane(String name, Peers peers, int members, String... options) {
        List<String> all = new ArrayList<>(List.of(options));
        all.add("--members=" + members);
        Peer peer = stage.start(name, () -> peers.start("backpool", all.toArray(String[]::new)));
        if (peer == null) {
            return null;
        }
        List<Integer> ports = new ArrayList<>();
        for (int i = 0; i < members; i++) {
            ports.add(peer.http() + i);
        }
        var lane = new Lane(name, peer, ports);
        // Compiled, and /work has measured itself. Without a limit the load starves compilers.
        for (String path : List.of(WORK, "/sleep?for=0ms", "/")) {
            stage.attempt(name, () -> load(lane, "warm-up", 4, path, stage.quick ? 2 : 6));
        }
        return lane;
    }

    /** The same server behind httpd with the printed configuration, by each protocol. */
    private List<Lane> fronts(Lane lane) {
        List<Lane> lanes = new ArrayList<>();
        for (String way : List.of("http", "ajp")) {
            int port = Ports.free(2);
            Httpd httpd =
                    stage.start(
                            "httpd",
                            () -> {
                                String conf = Bodies.printed(stage, lane.peer, way, port);
                                return Bodies.start(stage, conf, port);
                            });
            if (httpd != null) {
                lanes.add(new Lane(lane.name + ", " + way, lane.peer, List.of(port)));
            }
        }
        return lanes;
    }

    /** None may be refused; as many are served as without a limit. */
    private void fixedNumbers(String kind, Peers peers) {
        Lane ours = lane(kind, peers, 1, blocking(kind));
        Lane off = lane(kind + ", off", peers, 1, blocking(kind), "--limits-concurrency=off");
        if (ours == null || off == null) {
            return;
        }
        for (String path : new String[] {"/", "/sleep?for=0ms", "/work?for=1ms"}) {
            for (int clients : new int[] {1, 16, 64, 256}) {
                for (int round = 0; round < stage.rounds(); round++) {
                    Flow flow = closed(ours, clients, path);
                    Flow without = closed(off, clients, path);
                    if (flow != null && without != null) {
                        stage.results.add(
                                name(ours, clients, path),
                                "of_off",
                                flow.perSecond() / without.perSecond());
                    }
                }
            }
        }
    }

    private static String name(Lane lane, int clients, String path) {
        return lane.name + ": " + clients + " x " + path;
    }

    private @Nullable Flow closed(Lane lane, int clients, String path) {
        String name = name(lane, clients, path);
        return stage.attempt(
                name,
                () -> {
                    double most = path.equals("/sleep?for=2s") ? seconds : stage.seconds();
                    Flow flow = load(lane, name, clients, path, most);
                    record(name, flow);
                    return flow;
                });
    }

    private Flow load(Lane lane, String name, int clients, String path, double seconds)
            throws IOException {
        System.err.println("  " + name);
        var load = new Load(LONG_SECONDS);
        Flow flow = load.closed(lane.ports, path, clients, "10.0.0.1");
        load.run(seconds);
        return flow;
    }

    private double capacity(Lane lane) throws IOException {
        return load(lane, lane.name + ": capacity", 4, WORK, seconds / 2).perSecond();
    }

    /** Requests at so many times the rate that can be served. */
    private void flood(Lane lane, double times) {
        flood(lane, lane.name + ": %.0f times capacity".formatted(times), times);
    }

    private void flood(Lane lane, String name, double times) {
        stage.attempt(
                name,
                () -> {
                    double capacity = capacity(lane);
                    double before = lane.peer.tree().cpuSeconds();
                    Flow flow = open(lane, name, times * capacity, seconds);
                    double cpu = lane.peer.tree().cpuSeconds() - before;
                    stage.results.add(name, "goodput_of_capacity", flow.perSecond() / capacity);
                    stage.results.add(
                            name, "cpu_success_ms", cpu * 1e3 / Math.max(1, flow.served()));
                    record(name, flow);
                    awaitIdle(lane.peer);
                    return flow;
                });
    }

    private Flow open(Lane lane, String name, double perSecond, double seconds) throws IOException {
        System.err.println("  " + name);
        var load = new Load(PATIENCE_SECONDS);
        Flow flow = load.open(lane.ports, WORK, perSecond, "10.0.0.1");
        load.run(seconds);
        return flow;
    }

    /** As many programs as processors that never rest. */
    private void besideNeighbours(Lane lane) {
        List<ServerProcess> neighbours = new ArrayList<>();
        try {
            for (int i = 0; i < Runtime.getRuntime().availableProcessors(); i++) {
                neighbours.add(
                        ServerProcess.start(
                                stage.directory,
                                stage.directory.resolve("neighbour.log"),
                                Map.of(),
                                List.of("setsid", "sh", "-c", "while :; do :; done")));
            }
            flood(lane, lane.name + ": beside neighbours", 2);
        } finally {
            neighbours.forEach(ServerProcess::close);
        }
    }

    /** Nine of ten are quick, at six tenths of what can be served. */
    private void mixed(Lane lane) {
        String name = lane.name + ": quick beside slow";
        stage.attempt(
                name,
                () -> {
                    double perSecond = 0.6 * capacity(lane) * 5 / (0.9 * 5 + 0.1 * 500);
                    System.err.println("  " + name);
                    var load = new Load(LONG_SECONDS);
                    Flow quick = load.open(lane.ports, WORK, 0.9 * perSecond, "10.0.0.1");
                    load.open(lane.ports, "/work?for=500ms", 0.1 * perSecond, "10.0.0.2");
                    load.run(2 * seconds);
                    record(name, quick);
                    return quick;
                });
    }

    /** A second after a flood. */
    private void afterwards(Lane lane) {
        String name = lane.name + ": 1 s after a flood";
        stage.attempt(
                name,
                () -> {
                    double capacity = capacity(lane);
                    open(lane, name, 4 * capacity, 3);
                    open(lane, name, 0.6 * capacity, 1);
                    Flow after = open(lane, name, 0.6 * capacity, 3);
                    record(name, after);
                    return after;
                });
    }

    /** A second after the process stood still for a second. */
    private void paused(Lane lane) {
        String name = lane.name + ": 1 s after a pause of 1 s";
        stage.attempt(
                name,
                () -> {
                    double capacity = capacity(lane);
                    lane.peer.process().signal("STOP");
                    var resume =
                            new Thread(
                                    () -> {
                                        sleep(1000);
                                        lane.peer.process().signal("CONT");
                                    });
                    resume.start();
                    open(lane, name, 0.6 * capacity, 2);
                    resume.join();
                    Flow after = open(lane, name, 0.6 * capacity, 3);
                    record(name, after);
                    return after;
                });
    }

    /** What a client gets who sends little while another one sends four times the capacity. */
    private void shared(Lane lane) {
        String name = lane.name + ": beside a greedy client";
        stage.attempt(
                name,
                () -> {
                    double capacity = capacity(lane);
                    System.err.println("  " + name);
                    var load = new Load(PATIENCE_SECONDS);
                    load.open(lane.ports, WORK, 4 * capacity, "10.0.0.1");
                    Flow modest = load.open(lane.ports, WORK, capacity / 20, "10.0.0.2");
                    load.run(seconds);
                    record(name, modest);
                    return modest;
                });
    }

    /** Half a processor, where a control group may be made. */
    private void withQuota(String kind, Peers peers) {
        Path group = Path.of("/sys/fs/cgroup/cpu/backpool-bench-" + ProcessHandle.current().pid());
        try {
            Files.createDirectory(group);
            Files.writeString(group.resolve("cpu.cfs_quota_us"), "50000");
        } catch (IOException e) {
            stage.results.failures().add("a quota of half a processor: no control group: " + e.getMessage());
            return;
        }
        Lane lane = lane(kind + ", half a processor", peers, 1, blocking(kind));
        if (lane != null) {
            stage.attempt(
                    lane.name,
                    () ->
                            Files.writeString(
                                    group.resolve("cgroup.procs"),
                                    Long.toString(lane.peer.process().pid())));
            flood(lane, 2);
            lane.peer.close();
        }
        stage.attempt("end of the control group", () -> Files.deleteIfExists(group));
    }

    private void record(String name, Flow flow) {
        stage.results.add(name, "per_second", flow.perSecond());
        stage.results.add(name, "p50_ms", flow.servedMillis(0.5));
        stage.results.add(name, "p99_ms", flow.servedMillis(0.99));
        stage.results.add(name, "refused", flow.refused());
        stage.results.add(name, "refused_p99_ms", flow.refusedMillis(0.99));
        stage.results.add(name, "timed_out", flow.gaveUp());
        stage.results.add(name, "broken", flow.broken());
        stage.results.add(name, "sent_late_p99_ms", flow.lateMillis(0.99));
        stage.results.add(name, "generator_cpu", flow.processors());
    }

    /** Without a limit a server goes on to work for clients that are gone: not beside the next lane. */
    private static void awaitIdle(Peer peer) {
        long deadline = System.nanoTime() + TimeUnit.MINUTES.toNanos(2);
        double before;
        double now = peer.tree().cpuSeconds();
        do {
            before = now;
            sleep(500);
            now = peer.tree().cpuSeconds();
        } while (now - before > IDLE_SECONDS && System.nanoTime() - deadline < 0);
    }

    private static void sleep(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
