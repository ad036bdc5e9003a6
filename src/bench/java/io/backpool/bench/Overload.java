package io.backpool.bench;

import io.backpool.bench.Peers.Peer;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Three times as many requests of 5 ms of processor time as the machine can serve, from clients who
 * give up after two seconds.
 */
final class Overload {
    private static final String WORK = "/work?for=5ms";
    private static final double TIMES = 3;
    private static final double PATIENCE_SECONDS = 2;

    /** Of processor time in half a second. */
    private static final double IDLE_SECONDS = 0.05;

    private Overload() {}

    static void run(Stage stage) {
        Map<String, @Nullable Peer> peers = new LinkedHashMap<>();
        peers.put(
                "backpool, threads",
                stage.start("backpool", () -> stage.peers().start("backpool", "--blocking=threads")));
        peers.put(
                "backpool, no limit",
                stage.start(
                        "backpool",
                        () ->
                                stage.peers()
                                        .start(
                                                "backpool",
                                                "--blocking=threads",
                                                "--limits-concurrency=off")));
        Bench.newest()
                .ifPresent(
                        java ->
                                peers.put(
                                        "backpool, virtual",
                                        stage.start(
                                                "backpool",
                                                () -> stage.peers(java).start("backpool"))));
        peers.values().removeIf(peer -> peer == null);
        peers.forEach(
                (name, peer) ->
                        stage.attempt(
                                name + ", warm-up",
                                () -> Wrk.get(peer.http(), WORK).connections(4).run(3)));
        int rounds = stage.quick ? 2 : 3;
        for (int round = 1; round <= rounds; round++) {
            System.err.println("  round " + round + " of " + rounds);
            peers.forEach((name, peer) -> stage.attempt(name, () -> measure(stage, name, peer)));
        }
    }

    /** Capacity is what four clients get who wait for each answer: they leave no core idle. */
    private static OpenLoop.Outcome measure(Stage stage, String name, Peer peer)
            throws IOException, InterruptedException {
        double seconds = stage.quick ? 3 : 6;
        double before = peer.tree().cpuSeconds();
        Wrk.Outcome calm = Wrk.get(peer.http(), WORK).connections(4).run(seconds / 2);
        double between = peer.tree().cpuSeconds();
        double capacity = calm.perSecond() * (calm.requests() - calm.failed()) / calm.requests();
        OpenLoop.Outcome flood =
                OpenLoop.run(
                        peer.http(), WORK, TIMES * capacity, seconds, PATIENCE_SECONDS);
        double after = peer.tree().cpuSeconds();
        awaitIdle(peer);
        double goodput = flood.millis().size() / flood.seconds();
        stage.results.add(name, "capacity", capacity);
        stage.results.add(name, "goodput", goodput);
        stage.results.add(name, "goodput_of_capacity", goodput / capacity);
        stage.results.add(name, "p50_ms", flood.percentile(0.5));
        stage.results.add(name, "p99_ms", flood.percentile(0.99));
        stage.results.add(name, "refused", flood.refused());
        stage.results.add(name, "timed_out", flood.gaveUp());
        stage.results.add(name, "broken", flood.broken());
        double calmCpu = (between - before) / (calm.requests() - calm.failed());
        double floodCpu = (after - between) / Math.max(1, flood.millis().size());
        stage.results.add(name, "cpu_calm_ms", calmCpu * 1e3);
        stage.results.add(name, "cpu_success_ms", floodCpu * 1e3);
        stage.results.add(name, "cpu_success_of_calm", floodCpu / calmCpu);
        return flood;
    }

    /** Without a limit a server goes on to work for clients that are gone: not beside the next lane. */
    private static void awaitIdle(Peer peer) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.MINUTES.toNanos(2);
        double before;
        double now = peer.tree().cpuSeconds();
        do {
            before = now;
            Thread.sleep(500);
            now = peer.tree().cpuSeconds();
        } while (now - before > IDLE_SECONDS && System.nanoTime() - deadline < 0);
    }
}
