package io.backpool.supervisor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.backpool.testkit.AppJar;
import io.backpool.testkit.Backend;
import io.backpool.testkit.NotifySocket;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

/** What systemd hears of a pool, on a socket of the test's own. */
class SystemdIT {
    private static final String READY = "READY=1 STATUS=serving";
    private static final String STOPPING = "STOPPING=1 STATUS=letting requests finish";
    private static final String WATCHDOG = "WATCHDOG=1";
    private static final int BEATS_EVERY_MILLIS = 250;

    /** Its handler keeps an event loop until there is a file named "free". */
    private static final String APPLICATION =
            """
            import java.nio.file.Files;
            import java.nio.file.Path;
            public final class Blocking implements io.backpool.app.Application {
                @Override
                public io.undertow.server.HttpHandler start(io.backpool.app.Services services) {
                    return exchange -> {
                        Files.writeString(Path.of("blocked"), "");
                        while (!Files.exists(Path.of("free"))) {
                            Thread.sleep(20);
                        }
                    };
                }
            }
            """;

    @TempDir private Path directory;

    @BeforeEach
    void patience() {
        org.awaitility.Awaitility.setDefaultTimeout(Duration.ofSeconds(60));
    }

    @Test
    void aPoolIsReadyAliveWhileItsLoopsComeRoundAndStops() throws IOException {
        try (var socket = new NotifySocket(directory, "@backpool-" + UUID.randomUUID());
                Backend pool = begin(socket)) {
            pool.process().await("READY", () -> !socket.heard().isEmpty());
            assertThat(pool.status("/health/ready?all")).isEqualTo(200);
            await().until(() -> socket.heard().size() > 3);

            block(pool);
            await().during(Duration.ofMillis(4 * BEATS_EVERY_MILLIS))
                    .until(new StaysTheSame(socket));
            long before = socket.heard().size();
            Files.writeString(directory.resolve("free"), "");
            await().until(() -> socket.heard().size() > before + 1);

            pool.process().signal("TERM");
            assertThat(pool.process().awaitExit()).isEqualTo(143);
            await().until(() -> socket.heard().contains(STOPPING));
            List<String> heard = socket.heard();
            assertThat(heard).startsWith(READY, WATCHDOG).endsWith(STOPPING);
            assertThat(heard.subList(1, heard.size() - 1)).containsOnly(WATCHDOG);
        }
    }

    @Test
    void aSupervisorTellsOfARollAndItsMembersTellNothing() throws IOException {
        try (var socket = new NotifySocket(directory, directory.resolve("notify").toString());
                Backend pool = begin(socket, "--processes")) {
            pool.process().await("READY", () -> !socket.heard().isEmpty());
            assertThat(pool.status("/health/ready?all")).isEqualTo(200);
            assertThat(Files.readString(Path.of("/proc", pid(pool, 1) + "", "environ")))
                    .contains("PATH=")
                    .doesNotContain("NOTIFY_SOCKET", "WATCHDOG");
            await().until(() -> socket.heard().contains(WATCHDOG));

            pool.process().signal("HUP");
            await().until(() -> socket.heard().stream().filter(READY::equals).count() == 2);

            long first = pid(pool, 1);
            block(pool);
            pool.process().awaitLog("m1 - process " + first + " hangs");
            pool.process().awaitLog("Blocking.java"); // where the thread is
            await().until(() -> pid(pool, 1) != first);

            pool.process().signal("TERM");
            assertThat(pool.process().awaitExit()).isEqualTo(143);
            await().until(() -> socket.heard().contains(STOPPING));
            List<String> heard =
                    socket.heard().stream().filter(news -> !news.equals(WATCHDOG)).toList();
            assertThat(socket.heard()).containsSubsequence(READY, WATCHDOG);
            assertThat(heard).hasSize(4).startsWith(READY).endsWith(READY, STOPPING);
            assertThat(heard.get(1)).matches("RELOADING=1 MONOTONIC_USEC=\\d+ STATUS=restarting.*");
        }
    }

    private Backend begin(NotifySocket socket, String... flags) throws IOException {
        Path jar = AppJar.make(directory, "blocking.jar", List.of("Blocking"), APPLICATION);
        String[] all = java.util.Arrays.copyOf(flags, flags.length + 2);
        all[flags.length] = "--app-jar=" + jar;
        all[flags.length + 1] = "--drain-timeout=1s";
        return Backend.begin(directory, 2, socket.environment(2 * BEATS_EVERY_MILLIS), all);
    }

    /** Keeps an event loop of member 1 from coming round. */
    private void block(Backend pool) throws IOException {
        try (var client = new Socket(InetAddress.getLoopbackAddress(), pool.httpPort(1))) {
            client.getOutputStream()
                    .write("GET / HTTP/1.1\r\nHost: a\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            await().until(() -> Files.exists(directory.resolve("blocked")));
        }
    }

    private static long pid(Backend pool, int index) {
        return new JsonMapper()
                .readTree(pool.admin("/status.json").body())
                .path("members")
                .path(index - 1)
                .path("pid")
                .asLong();
    }

    /** Whether nothing was heard since the last look. */
    private static final class StaysTheSame implements java.util.concurrent.Callable<Boolean> {
        private final NotifySocket socket;
        private int last = -1;

        StaysTheSame(NotifySocket socket) {
            this.socket = socket;
        }

        @Override
        public Boolean call() {
            int before = last;
            last = socket.heard().size();
            return last == before;
        }
    }
}
