package io.backpool.bench;

import io.backpool.testkit.RawSocket;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Phaser;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * Clients of httpd, free and sticky ones: short GETs, 5 kB POSTs and 200 ms GETs. Each request has
 * a connection of its own: httpd closes idle ones when it ends gracefully.
 */
final class JoinLoad {
    private static final int CLIENTS = 8;
    private static final String STICKY = "\r\nCookie: JSESSIONID=x.m1";

    private final int port;
    private final ExecutorService clients = Executors.newFixedThreadPool(CLIENTS);
    private final Map<String, Integer> failures = new ConcurrentHashMap<>();
    private final AtomicInteger all = new AtomicInteger();
    private final AtomicInteger failed = new AtomicInteger();
    private final AtomicInteger strayed = new AtomicInteger();
    private final Phaser turns = new Phaser(CLIENTS + 1);
    private volatile boolean over;
    private volatile boolean paused;

    JoinLoad(int port) {
        this.port = port;
        resume();
        for (int k = 0; k < CLIENTS; k++) {
            clients.execute(this::run);
        }
    }

    private void run() {
        for (int i = 0; !over; i++) {
            if (paused) {
                turns.arriveAndAwaitAdvance();
                turns.arriveAndAwaitAdvance();
            }
            switch (i % 4) {
                case 0 -> ask("GET /whoami", STICKY, "");
                case 1 -> ask("POST /echo", "\r\nContent-Length: 5000", "x".repeat(5000));
                case 2 -> ask("GET /sleep?for=200ms", "", "");
                default -> ask("GET /", "", "");
            }
        }
        turns.arriveAndDeregister();
    }

    private void ask(String line, String fields, String body) {
        String request =
                line + " HTTP/1.1\r\nHost: x\r\nConnection: close" + fields + "\r\n\r\n" + body;
        String status;
        try {
            String answer = RawSocket.exchange(port, request);
            status = answer.isEmpty() ? "closed" : answer.split(" ", 3)[1];
            if (fields.equals(STICKY) && status.equals("200") && !answer.contains("\"m1\"")) {
                strayed.incrementAndGet();
            }
        } catch (UncheckedIOException e) {
            status = "refused";
        }
        all.incrementAndGet();
        if (!status.equals("200")) {
            failed.incrementAndGet();
            failures.merge(line + " " + status, 1, Integer::sum);
            // Otherwise refusals, which take no time, would be most of the requests.
            LockSupport.parkNanos(100_000_000);
        }
    }

    /** Returns when no request is on its way. */
    void pause() {
        paused = true;
        turns.arriveAndAwaitAdvance();
    }

    void resume() {
        if (paused) {
            paused = false;
            turns.arriveAndAwaitAdvance();
        }
    }

    void stop() throws InterruptedException {
        if (!over) {
            over = true;
            turns.arriveAndDeregister();
            clients.shutdown();
            clients.awaitTermination(90, TimeUnit.SECONDS);
        }
    }

    Set<String> kinds() {
        return new TreeMap<>(failures).entrySet().stream()
                .map(entry -> entry.getKey() + " x " + entry.getValue())
                .collect(java.util.stream.Collectors.toCollection(java.util.TreeSet::new));
    }

    /** {@code 3 of 1200}, and how many of the sticky clients' were answered by another member. */
    String result() {
        return failed + " of " + all + (strayed.get() == 0 ? "" : ", " + strayed + " strayed");
    }
}
