package io.backpool.supervisor;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/** Steady load by a few clients, none of which asks twice. */
final class SteadyLoad implements AutoCloseable {
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final AtomicBoolean ending = new AtomicBoolean();
    private final AtomicInteger requests = new AtomicInteger();
    private final Queue<String> failures = new ConcurrentLinkedQueue<>();
    private final List<Thread> threads = new ArrayList<>();
    private final Requests next;

    /** What is asked for. */
    interface Requests {
        /** By client {@code who}, from 0, which has sent {@code sent} before. */
        HttpRequest next(int who, int sent);
    }

    SteadyLoad(int clients, Requests next) {
        this.next = next;
        for (int number = 0; number < clients; number++) {
            int who = number;
            var thread = new Thread(() -> run(who), "client-" + number);
            threads.add(thread);
            thread.start();
        }
    }

    private void run(int who) {
        for (int i = 0; !ending.get(); i++) {
            HttpRequest request = next.next(who, i);
            try {
                int status = client.send(request, BodyHandlers.discarding()).statusCode();
                if (status != 200) {
                    failures.add(Instant.now() + " " + status + " " + request);
                }
                requests.incrementAndGet();
                TimeUnit.MILLISECONDS.sleep(10);
            } catch (IOException e) {
                failures.add(Instant.now() + " " + e + " " + request);
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    void awaitMore(int count) {
        int enough = requests() + count;
        await().atMost(Duration.ofSeconds(60)).until(() -> requests() >= enough);
    }

    int requests() {
        return requests.get();
    }

    Queue<String> failures() {
        return failures;
    }

    @Override
    public void close() throws InterruptedException {
        ending.set(true);
        for (Thread thread : threads) {
            thread.join();
        }
    }
}
