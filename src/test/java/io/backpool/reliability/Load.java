package io.backpool.reliability;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Clients of each httpd, at a bounded rate: GETs and POSTs, short and slow, free and sticking to a
 * member, be it there or not. None asks twice.
 */
final class Load implements AutoCloseable {
    private static final int CLIENTS = 5;
    private static final int PAUSE_MILLIS = 40;

    private final List<Integer> ports;
    private final List<Thread> threads = new ArrayList<>();
    private final Queue<Attempt> failures = new ConcurrentLinkedQueue<>();
    private final AtomicLong requests = new AtomicLong();
    private final AtomicLong posts = new AtomicLong();

    /** When the oldest request that is not answered yet began, by client. */
    private final ConcurrentHashMap<Thread, Long> open = new ConcurrentHashMap<>();

    /** Indices of httpds that get no requests now. */
    private final Set<Integer> paused = ConcurrentHashMap.newKeySet();

    private volatile boolean ended;

    Load(List<Integer> ports) {
        this.ports = ports;
        for (int front = 0; front < ports.size(); front++) {
            for (int number = 0; number < CLIENTS; number++) {
                String name = "h" + (front + 1) + "c" + number;
                int asked = front;
                var thread = new Thread(() -> run(asked, name), "client-" + name);
                thread.setDaemon(true);
                threads.add(thread);
                thread.start();
            }
        }
    }

    private void run(int front, String name) {
        var random = new Random(name.hashCode());
        try {
            for (int number = 0; !ended; number++) {
                if (!paused.contains(front)) {
                    ask(front, request(random, name + "-" + number));
                }
                TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static Request request(Random random, String id) {
        String route = random.nextBoolean() ? "m" + (1 + random.nextInt(Model.MOST_MEMBERS)) : null;
        return switch (random.nextInt(10)) {
            case 0 -> new Request("/slow", "slow-" + id, route, 0);
            case 1, 2, 3, 4 -> new Request("/post", "post-" + id, route, 500);
            case 5 -> new Request("/version", "version-" + id, route, 0);
            default -> new Request("/get", "get-" + id, route, 0);
        };
    }

    private void ask(int front, Request request) {
        long begin = System.nanoTime();
        open.put(Thread.currentThread(), begin);
        boolean answered = false;
        @Nullable String failure = null;
        try {
            Request.Answer answer = request.send(ports.get(front));
            answered = !answer.isEmpty();
            if (!request.isAnsweredBy(answer)) {
                failure = answered ? firstLine(answer.text()) : "closed without an answer";
            }
        } catch (IOException e) {
            failure = e.toString();
        }
        long end = System.nanoTime();
        if (failure != null) {
            failures.add(
                    new Attempt(
                            request.id(), front, request.route(), begin, end, answered, failure));
        }
        open.remove(Thread.currentThread());
        requests.incrementAndGet();
        if (request.body() > 0) {
            posts.incrementAndGet();
        }
    }

    private static String firstLine(String text) {
        return text.lines().findFirst().orElse("");
    }

    void pause(int front) {
        paused.add(front);
    }

    void resume(int front) {
        paused.remove(front);
    }

    /** Waits until no request that began before now is open, {@code millis} at most. */
    boolean awaitAnswersOfEarlier(long millis) throws InterruptedException {
        long now = System.nanoTime();
        while (open.values().stream().anyMatch(begin -> begin - now < 0)) {
            if (System.nanoTime() - now > millis * 1_000_000) {
                return false;
            }
            TimeUnit.MILLISECONDS.sleep(5);
        }
        return true;
    }

    /** Waits until so many more were sent and ended, if any are sent now. */
    void awaitMore(int count) throws InterruptedException {
        long enough = requests.get() + count;
        while (requests.get() < enough && paused.size() < ports.size()) {
            TimeUnit.MILLISECONDS.sleep(5);
        }
    }

    /** Those that failed since the last call. */
    List<Attempt> failures() {
        List<Attempt> all = new ArrayList<>();
        for (Attempt one = failures.poll(); one != null; one = failures.poll()) {
            all.add(one);
        }
        return all;
    }

    long requests() {
        return requests.get();
    }

    long posts() {
        return posts.get();
    }

    @Override
    public void close() {
        ended = true;
        try {
            for (Thread thread : threads) {
                thread.join(TimeUnit.SECONDS.toMillis(80));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
