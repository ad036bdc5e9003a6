package io.backpool.supervisor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.backpool.testkit.AppJar;
import io.backpool.testkit.Backend;
import io.backpool.testkit.Command;
import io.backpool.testkit.Httpd;
import io.backpool.testkit.Ports;
import io.backpool.testkit.ServerProcess;
import io.backpool.testkit.Sockets;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A member's process killed behind the real httpd, under POSTs that count what they did. */
@Timeout(value = 3, unit = TimeUnit.MINUTES)
class KillIT {
    private static final int MEMBERS = 3;
    private static final int CLIENTS = 6;

    /** Writes a line a request into one file, all members the same, and answers after a while. */
    private static final String LEDGER =
            """
            package demo;

            import java.nio.file.Files;
            import java.nio.file.Path;
            import java.nio.file.StandardOpenOption;

            public final class Ledger implements io.backpool.app.Application {
                @Override
                public io.undertow.server.HttpHandler start(io.backpool.app.Services services) {
                    return services.blocking(exchange -> {
                        String line = exchange.getRequestPath() + "\\n";
                        Files.write(Path.of("ledger"), line.getBytes("UTF-8"),
                                StandardOpenOption.CREATE, StandardOpenOption.APPEND);
                        exchange.getInputStream().readAllBytes();
                        Thread.sleep(20);
                        exchange.getResponseSender().send("done");
                    });
                }
            }
            """;

    @TempDir private Path directory;

    @ParameterizedTest
    @CsvSource({"static, false", "join, false", "static, true"})
    void onlyWhatWasInFlightFailsAndNothingIsDoneTwice(String membership, boolean sockets)
            throws Exception {
        Path jar = AppJar.make(directory, "ledger.jar", List.of("demo.Ledger"), LEDGER);
        int port = Ports.free();
        int manager = Ports.free();
        String balancer =
                "--balancer=http://127.0.0.1:%d/balancer-manager,membership=%s"
                        .formatted(manager, membership);
        List<String> flags = new ArrayList<>(List.of("--processes", balancer, "--app-jar=" + jar));
        if (sockets) {
            flags.addAll(Sockets.flags(directory));
        }
        try (Backend pool = Backend.start(directory, MEMBERS, flags.toArray(String[]::new));
                Httpd httpd = front(pool, membership, port, manager)) {
            awaitAllIn(pool, httpd, Duration.ofSeconds(30));
            try (var load = new Load(port)) {
                await().until(() -> load.done.get() > 200);
                long killed = member(pool, "m2").get("pid").asLong();

                ServerProcess.signal("KILL", killed);

                await().atMost(Duration.ofSeconds(10))
                        .until(() -> isBack(member(pool, "m2"), killed));
                int before = load.done.get();
                await().until(() -> load.done.get() > before + 200);
                load.close();
                assertThat(load.failed.get())
                        .as("of %d", load.done.get())
                        .isLessThanOrEqualTo(CLIENTS);
            }
            List<String> ledger = Files.readAllLines(directory.resolve("ledger"));
            assertThat(ledger).hasSizeGreaterThan(400).doesNotHaveDuplicates();
        }
    }

    private Httpd front(Backend pool, String membership, int port, int manager) throws IOException {
        Path own = Files.createTempDirectory(directory, "httpd");
        List<String> conf = Backend.command("conf", "apache", "--standalone");
        conf.addAll(pool.settings());
        conf.addAll(
                List.of(
                        "--membership=" + membership,
                        "--listen=" + port,
                        "--manager-port=" + manager,
                        "--dir=" + own));
        Command printed = Command.run(directory, conf);
        assertThat(printed.exit()).as(printed.output()).isZero();
        return Httpd.start(own, printed.output(), port);
    }

    private static void awaitAllIn(Backend pool, Httpd httpd, Duration patience) {
        await().alias("all in the rotation of pid " + httpd.process().pid())
                .atMost(patience)
                .until(() -> members(pool).valueStream().allMatch(member -> isBack(member, 0)));
    }

    private static boolean isBack(JsonNode member, long otherThan) {
        return member.get("state").asString().equals("serving")
                && member.get("pid").asLong() != otherThan
                && member.get("balancers")
                        .valueStream()
                        .allMatch(says -> says.asString().equals("Init Ok"));
    }

    private static JsonNode member(Backend pool, String route) {
        return members(pool)
                .valueStream()
                .filter(member -> member.get("route").asString().equals(route))
                .findFirst()
                .orElseThrow();
    }

    private static JsonNode members(Backend pool) {
        return new JsonMapper().readTree(pool.admin("/status.json").body()).get("members");
    }

    /** A POST at a time by each client, each to a path of its own, none sent twice. */
    private static final class Load implements AutoCloseable {
        private final AtomicInteger done = new AtomicInteger();
        private final AtomicInteger failed = new AtomicInteger();
        private final AtomicBoolean ending = new AtomicBoolean();
        private final List<Thread> threads = new ArrayList<>();

        Load(int port) {
            for (int client = 0; client < CLIENTS; client++) {
                String base = "http://127.0.0.1:" + port + "/" + client + "/";
                var thread = new Thread(() -> run(base), "client-" + client);
                threads.add(thread);
                thread.start();
            }
        }

        private void run(String base) {
            HttpClient client =
                    HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
            for (int i = 0; !ending.get(); i++) {
                HttpRequest post =
                        HttpRequest.newBuilder(URI.create(base + i))
                                .timeout(Duration.ofSeconds(30))
                                .POST(BodyPublishers.ofByteArray(new byte[2000]))
                                .build();
                try {
                    boolean fine = client.send(post, BodyHandlers.discarding()).statusCode() == 200;
                    (fine ? done : failed).incrementAndGet();
                } catch (IOException e) {
                    failed.incrementAndGet();
                } catch (InterruptedException e) {
                    return;
                }
            }
        }

        @Override
        public void close() throws InterruptedException {
            ending.set(true);
            for (Thread thread : threads) {
                thread.join();
            }
        }
    }
}
