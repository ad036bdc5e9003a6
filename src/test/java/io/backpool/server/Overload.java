package io.backpool.server;

import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;

/**
 * Measures overload by hand, no test: {@code serve CONCURRENCY BLOCKING} in one process answers
 * each request after 5 ms of processor time; {@code load URL RATE SECONDS} in another asks at a
 * fixed rate, whatever the answers, and gives up on each after 2 s.
 */
final class Overload {
    private static final long WORK_NANOS = Duration.ofMillis(5).toNanos();
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    private Overload() {}

    public static void main(String[] args) throws Exception {
        if (args[0].equals("serve")) {
            serve(args[1], args[2]);
        } else {
            load(URI.create(args[1]), Integer.parseInt(args[2]), Integer.parseInt(args[3]));
        }
    }

    private static void serve(String concurrency, String blocking) throws InterruptedException {
        var settings = Map.of("LIMITS_CONCURRENCY", concurrency, "POOL_BLOCKING", blocking);
        try (var member =
                TestMember.openWith(settings, resources -> resources.blocking().wrap(work()))) {
            System.out.println(member.httpPort());
            while (System.in.available() == 0) {
                Thread.sleep(1000);
                System.out.println(member.server().admissionStats());
            }
        } catch (java.io.IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Counts the thread's own time where it has one, since turns are what overload takes away. */
    private static HttpHandler work() {
        return Overload::burn;
    }

    private static void burn(HttpServerExchange exchange) {
        long rounds = 0;
        var random = new java.util.SplittableRandom(1);
        for (int i = 0; i < ROUNDS; i++) {
            rounds += random.nextInt();
        }
        exchange.getResponseSender().send("done " + rounds);
    }

    /** As many as take 5 ms alone on a processor, found once it is warm. */
    private static final int ROUNDS = calibrate();

    private static int calibrate() {
        int rounds = 100_000;
        for (int attempt = 0; attempt < 200; attempt++) {
            long best = Long.MAX_VALUE;
            for (int i = 0; i < 5; i++) {
                long start = System.nanoTime();
                var random = new java.util.SplittableRandom(1);
                long sum = 0;
                for (int k = 0; k < rounds; k++) {
                    sum += random.nextInt();
                }
                long nanos = System.nanoTime() - start + (sum == 42 ? 1 : 0);
                best = Math.min(best, nanos);
            }
            rounds = (int) (rounds * (double) WORK_NANOS / best);
        }
        return rounds;
    }

    private static void load(URI uri, int perSecond, int seconds) throws InterruptedException {
        var client =
                HttpClient.newBuilder()
                        .version(HttpClient.Version.HTTP_1_1)
                        .executor(Executors.newFixedThreadPool(2))
                        .build();
        var request = HttpRequest.newBuilder(uri).timeout(PATIENCE).build();
        Map<String, LongAdder> outcomes = new ConcurrentHashMap<>();
        Queue<Long> ok = new ConcurrentLinkedQueue<>();
        Queue<Long> shed = new ConcurrentLinkedQueue<>();
        int total = perSecond * seconds;
        var left = new CountDownLatch(total);
        long begin = System.nanoTime();
        for (int i = 0; i < total; i++) {
            long due = begin + i * 1_000_000_000L / perSecond;
            while (System.nanoTime() < due) {
                LockSupport.parkNanos(due - System.nanoTime());
            }
            long start = System.nanoTime();
            var unused =
                    client.sendAsync(request, BodyHandlers.discarding())
                            .whenComplete(
                                    (answer, failure) -> {
                                        long nanos = System.nanoTime() - start;
                                        String outcome =
                                                answer == null
                                                        ? failure.toString().replaceAll(":.*", "")
                                                        : Integer.toString(answer.statusCode());
                                        outcomes.computeIfAbsent(outcome, o -> new LongAdder())
                                                .increment();
                                        if (outcome.equals("200")) {
                                            ok.add(nanos);
                                        } else if (outcome.equals("503")) {
                                            shed.add(nanos);
                                        }
                                        left.countDown();
                                    });
        }
        left.await();
        double elapsed = (System.nanoTime() - begin) / 1e9;
        System.out.printf(
                "%d/s for %.1f s: goodput %.0f/s, %s; 200: %s; 503: %s%n",
                perSecond,
                elapsed,
                ok.size() / elapsed,
                outcomes,
                percentiles(ok),
                percentiles(shed));
        System.exit(0);
    }

    private static String percentiles(Queue<Long> nanos) {
        long[] sorted = nanos.stream().mapToLong(Long::longValue).sorted().toArray();
        return sorted.length == 0
                ? "none"
                : "p50 %.1f p99 %.1f ms"
                        .formatted(
                                sorted[sorted.length / 2] / 1e6,
                                Arrays.stream(sorted)
                                                .skip(sorted.length * 99L / 100)
                                                .min()
                                                .orElse(0)
                                        / 1e6);
    }
}
