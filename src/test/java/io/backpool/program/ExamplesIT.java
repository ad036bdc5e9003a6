package io.backpool.program;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.backpool.testkit.Backend;
import io.backpool.testkit.Command;
import io.backpool.testkit.Httpd;
import io.backpool.testkit.Ports;
import io.backpool.testkit.RawSocket;
import io.backpool.testkit.ServerProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The examples of src/examples/programs, four members each behind the real httpd under load: no
 * request fails in a roll, a canary and back; one that is killed is replaced. With {@code
 * -Dprograms.examples=NAME,NAME} other ones. Prints its figures.
 */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class ExamplesIT {
    private static final int MEMBERS = 4;
    private static final int CLIENTS = 4;

    /** Of four members at once, on a machine that does more. */
    private static final Duration START = Duration.ofMinutes(2);

    @TempDir private Path directory;

    /** Of the example that runs. */
    @SuppressWarnings("NullAway.Init")
    private Backend pool;

    static Stream<String> examples() {
        return Stream.of(
                System.getProperty("programs.examples", "python-threads,puma,node").split(","));
    }

    @ParameterizedTest
    @MethodSource("examples")
    void noRequestFails(String example) throws Exception {
        copyExamples(example);
        boolean ajp = example.endsWith("-ajp");
        int port = Ports.free();
        int manager = Ports.free();
        String link = ajp ? ",protocol=ajp" : ",membership=join";
        String balancer = "http://127.0.0.1:" + manager + "/balancer-manager" + link;
        long begin = System.nanoTime();
        Backend started =
                Backend.begin(
                                directory,
                                MEMBERS,
                                "--config=" + example + ".yaml",
                                "--sticky-grace=0s",
                                "--balancer=" + balancer)
                        .awaitReady(START);
        pool = started;
        try (started;
                Httpd httpd = httpd(example, ajp, port, manager)) {
            pool.process().await("every member in the rotation", () -> ok() == MEMBERS);
            double start = seconds(begin);
            double roll;
            int requests;
            try (var load = new Load(port)) {
                load.awaitMore(100);
                begin = System.nanoTime();
                assertThat(change("/restart")).isEmpty();
                roll = seconds(begin);
                canaryAndBack(example);
                load.awaitMore(100);
                load.close();
                requests = load.requests.get();
                assertThat(load.failures)
                        .as(
                                "of %d requests; the pool says: %s httpd says: %s",
                                requests, pool.process().log(), Files.readString(httpd.errorLog()))
                        .isEmpty();
            }
            System.out.printf(
                    "| %s | start %.1f s | roll %.1f s | 0 of %d failed | kill -9: back in %.1f s |"
                            + " %d MB a member |%n",
                    example, start, roll, requests, killed(), memory());
        }
    }

    private void canaryAndBack(String example) throws Exception {
        List<Long> before = pids();
        Path yaml = directory.resolve(example + ".yaml");
        Path variables = Files.writeString(directory.resolve("variables"), "RELEASE=2\n");
        Files.setPosixFilePermissions(variables, PosixFilePermissions.fromString("rw-------"));
        Files.writeString(yaml, Files.readString(yaml) + "  environment-file: variables\n");
        assertThat(change("/members/m1/restart")).isEmpty();
        assertThat(pids().get(0)).isNotEqualTo(before.get(0));
        assertThat(change("/restart?back=1")).isEmpty();
        assertThat(pids().subList(1, MEMBERS)).isEqualTo(before.subList(1, MEMBERS));
    }

    /** Seconds until a member that was killed is back in the rotation. */
    private double killed() {
        long pid = pids().get(0);
        long begin = System.nanoTime();
        ServerProcess.signal("KILL", pid);
        pool.process()
                .await("m1 is back", () -> pids().get(0) != pid && serving() && ok() == MEMBERS);
        return seconds(begin);
    }

    private boolean serving() {
        return members().get(0).get("state").asString().equals("serving");
    }

    private long memory() {
        return members()
                        .valueStream()
                        .mapToLong(member -> member.get("usage").get("memory").asLong())
                        .max()
                        .orElseThrow()
                / 1_000_000;
    }

    private Httpd httpd(String example, boolean ajp, int port, int manager) {
        return Httpd.printed(
                directory,
                port,
                pool.settings(),
                "--config=" + example + ".yaml",
                "--protocol=" + (ajp ? "ajp" : "http"),
                "--membership=" + (ajp ? "static" : "join"),
                "--manager-port=" + manager);
    }

    /** And builds it, if it has a directory of its own, as its reader does. */
    private void copyExamples(String example) throws IOException {
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        copyFiles(Path.of("src/examples/programs"), directory);
        Path project = Path.of("src/examples/programs", example);
        if (Files.isDirectory(project)) {
            Path copy = Files.createDirectory(directory.resolve(example));
            copyFiles(project, copy);
            Command built = Command.run(copy, List.of("mvn", "-q", "-B", "package"));
            assertThat(built.exit()).as(built.output()).isZero();
        }
    }

    private static void copyFiles(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.list(from)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Path copy = Files.copy(file, to.resolve(file.getFileName()));
                Files.setPosixFilePermissions(copy, Files.getPosixFilePermissions(file));
            }
        }
    }

    /** Why it failed; empty: it did not. */
    private String change(String path) {
        var begun = pool.control(path);
        assertThat(begun.statusCode()).as(begun.body()).isEqualTo(202);
        await().atMost(Duration.ofMinutes(3))
                .until(() -> !json("/restart").get("running").asBoolean());
        JsonNode error = json("/restart").get("error");
        return error.isNull() ? "" : error.asString();
    }

    private JsonNode json(String path) {
        return new JsonMapper().readTree(pool.admin(path).body());
    }

    private JsonNode members() {
        return json("/status.json").get("members");
    }

    private List<Long> pids() {
        return members().valueStream().map(member -> member.get("pid").asLong()).toList();
    }

    private int ok() {
        return members().toString().split("Ok", -1).length - 1;
    }

    private static double seconds(long begin) {
        return (System.nanoTime() - begin) / 1e9;
    }

    /**
     * Clients with a connection for each request: a lost one is a 502 there. On a connection that
     * is used again httpd closes in place of it, and many clients ask once more by themselves.
     */
    private static final class Load implements AutoCloseable {
        private final int port;
        private final AtomicBoolean ending = new AtomicBoolean();
        private final AtomicInteger requests = new AtomicInteger();
        private final Queue<String> failures = new ConcurrentLinkedQueue<>();
        private final List<Thread> threads = new ArrayList<>();

        Load(int port) {
            this.port = port;
            for (int number = 0; number < CLIENTS; number++) {
                var thread = new Thread(this::run, "client-" + number);
                threads.add(thread);
                thread.start();
            }
        }

        private void run() {
            for (int i = 0; !ending.get(); i++) {
                String path = i % 10 == 0 ? "/slow" : "/";
                String head = "GET " + path + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
                try {
                    String answer = RawSocket.exchange(port, head);
                    if (!answer.startsWith("HTTP/1.1 200 ")) {
                        failures.add(path + ": " + answer);
                    }
                    requests.incrementAndGet();
                    TimeUnit.MILLISECONDS.sleep(10);
                } catch (AssertionError e) {
                    failures.add(path + ": " + e);
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            }
        }

        void awaitMore(int count) {
            int enough = requests.get() + count;
            await().atMost(Duration.ofSeconds(60)).until(() -> requests.get() >= enough);
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
