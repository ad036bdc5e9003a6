package io.backpool.bench;

import io.backpool.bench.Load.Flow;
import io.backpool.bench.Peers.Peer;
import io.backpool.testkit.ServerProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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

    static void run(Stage stage) {
        var overload = new Overload(stage);
        Map<String, Peers> kinds = new LinkedHashMap<>();
        kinds.put("threads", stage.peers());
        Bench.newest().ifPresent(java -> kinds.put("virtual", stage.peers(java)));
        kinds.forEach(overload::kind);
    }

    private void kind(String kind, Peers peers) {
        String blocking = "--blocking=" + (kind.equals("threads") ? "threads" : "virtual");
        Lane ours = lane(kind, peers, 1, blocking);
        Lane off = lane(kind + ", off", peers, 1, blocking, "--limits-concurrency=off");
        if (ours == null || off == null) {
            return;
        }
        fixedNumbers(ours, off);
        if (kind.equals("virtual")) {
            closed(ours, 1000, "/sleep?for=1s");
        }
        for (int times : new int[] {2, 4}) {
            flood(ours, times);
        }
        flood(off, 2);
        fronts(ours).forEach(front -> flood(front, 2));
        besideNeighbours(ours);
        mixed(ours);
        afterwards(ours);
        paused(ours);
        shared(ours);
        Lane pool = lane(kind + ", processes", peers, PROCESSES, blocking, "--processes");
        if (pool != null) {
            flood(pool, 2);
            flood(pool, 4);
        }
        if (kind.equals("threads")) {
            Lane few = lane("threads, 4 of them", peers, 1, blocking, "--max-threads=4");
            if (few != null) {
                closed(few, 8, "/sleep?for=2s");
            }
            withQuota(peers, blocking);
        }
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
        // Compiled, and /work has measured itself.
        stage.attempt(name, () -> load(lane, "warm-up", 4, WORK, stage.quick ? 2 : 4));
        stage.attempt(name, () -> load(lane, "warm-up", 64, "/sleep?for=0ms", 2));
        return lane;
    }

    /** The same server behind httpd, by each protocol. */
    private List<Lane> fronts(Lane lane) {
        Map<String, String> targets = new LinkedHashMap<>();
        targets.put("http", "http://127.0.0.1:" + lane.peer.http());
        targets.put("ajp", "ajp://127.0.0.1:" + lane.peer.ajp());
        Stage.Front front = stage.front(targets);
        List<Lane> lanes = new ArrayList<>();
        if (front != null) {
            targets.keySet()
                    .forEach(
                            way ->
                                    lanes.add(
                                            new Lane(
                                                    lane.name + ", " + way,
                                                    lane.peer,
                                                    List.of(front.port(way)))));
        }
        return lanes;
    }

    /** None may be refused; as many are served as without a limit. */
    private void fixedNumbers(Lane ours, Lane off) {
        for (String path : new String[] {"/", "/sleep?for=0ms", "/work?for=1ms"}) {
            for (int clients : new int[] {1, 16, 64, 256}) {
                Flow flow = closed(ours, clients, path);
                Flow without = closed(off, clients, path);
                if (flow != null && without != null) {
                    stage.results.add(
                            name(ours, clients, path), "of_off", flow.perSecond() / without.perSecond());
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
                    Flow flow = load(lane, name, clients, path, Math.min(4, seconds));
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
    private void withQuota(Peers peers, String blocking) {
        Path group = Path.of("/sys/fs/cgroup/cpu/backpool-bench-" + ProcessHandle.current().pid());
        try {
            Files.createDirectory(group);
            Files.writeString(group.resolve("cpu.cfs_quota_us"), "50000");
        } catch (IOException e) {
            stage.results.failures().add("a quota of half a processor: no control group: " + e.getMessage());
            return;
        }
        Lane lane = lane("threads, half a processor", peers, 1, blocking);
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
