package io.backpool.proxyconf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.backpool.testkit.Ports;
import io.backpool.testkit.ServerProcess;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Three members, each a process, behind every front end; one dies without a word. */
class MemberLossIT {
    private static final int MEMBERS = 3;
    private static final int CLIENTS = 4;
    private static final int REQUESTS = 300;

    @TempDir static Path directory;
    private static final ServerProcess[] POOLS = new ServerProcess[MEMBERS];
    private static int port;
    private static Path secret;
    private static Fronts fronts;

    @BeforeAll
    static void start() throws Exception {
        secret = ProxyConfIT.secret(directory);
        port = Ports.free(3 * MEMBERS);
        for (int k = 0; k < MEMBERS; k++) {
            startMember(k);
        }
        fronts =
                Fronts.start(
                        directory,
                        "--members=" + MEMBERS,
                        "--http-port=" + port,
                        "--ajp-port=" + (port + MEMBERS),
                        "--ajp-secret-file=" + secret);
    }

    @AfterAll
    static void stop() throws Exception {
        fronts.close();
        for (ServerProcess pool : POOLS) {
            pool.close();
        }
    }

    @ParameterizedTest
    @MethodSource("io.backpool.proxyconf.ProxyConfIT#fronts")
    void onlyRequestsInFlightAreLostAndTheMemberComesBack(String front) throws Exception {
        awaitAll(front);
        var answered = new AtomicInteger();
        var lost = new AtomicInteger();

        var clients =
                IntStream.range(0, CLIENTS)
                        .mapToObj(k -> new Thread(() -> ask(front, answered, lost)))
                        .toList();
        clients.forEach(Thread::start);
        await().pollInterval(1, TimeUnit.MILLISECONDS)
                .until(() -> answered.get() >= CLIENTS * REQUESTS / 3);
        POOLS[1].signal("KILL");
        for (Thread client : clients) {
            client.join();
        }

        assertThat(POOLS[1].isAlive()).isFalse();
        assertThat(lost.get()).isLessThanOrEqualTo(CLIENTS);
        assertThat(pids(front)).hasSize(MEMBERS - 1).doesNotContain(POOLS[1].pid());
        startMember(1);
        awaitAll(front);
    }

    private static void ask(String front, AtomicInteger answered, AtomicInteger lost) {
        for (int i = 0; i < REQUESTS; i++) {
            try {
                Client.whoami(fronts.url(front, "/"));
            } catch (UncheckedIOException | AssertionError e) {
                lost.incrementAndGet();
            }
            answered.incrementAndGet();
        }
    }

    private static void awaitAll(String front) {
        await().atMost(30, TimeUnit.SECONDS)
                .ignoreExceptions()
                .until(() -> pids(front).size() == MEMBERS);
    }

    private static Set<Long> pids(String front) {
        Set<Long> pids = new HashSet<>();
        for (int i = 0; i < 10 * MEMBERS; i++) {
            pids.add(Client.whoami(fronts.url(front, "/")).get("pid").asLong());
        }
        return pids;
    }

    private static void startMember(int k) {
        POOLS[k] =
                TestPool.start(
                        directory, secret, 1, port + k, port + MEMBERS + k, port + 2 * MEMBERS + k);
    }
}
