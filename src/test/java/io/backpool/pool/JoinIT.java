package io.backpool.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.backpool.testkit.Backend;
import io.backpool.testkit.Command;
import io.backpool.testkit.Httpd;
import io.backpool.testkit.Ports;
import io.backpool.testkit.RawSocket;
import io.backpool.testkit.ServerProcess;
import io.backpool.testkit.WebSocketMessages;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A pool that joins the real httpd on the configuration that {@code conf apache --membership join}
 * prints, in httpd's processes of every age.
 */
class JoinIT {
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    /** For members of a pool of two. */
    private static final int PLACES = 8;

    private final HttpClient client =
            HttpClient.newBuilder()
                    .version(HttpClient.Version.HTTP_1_1)
                    .connectTimeout(Duration.ofSeconds(5))
                    .build();

    @TempDir Path directory;
    private final int port = Ports.free(2);
    private final int managerPort = port + 1;

    /** Of the places that httpd's configuration declares. */
    private final int declared = Ports.free(PLACES + 1);

    private final String balancer =
            "--balancer=http://127.0.0.1:%d/balancer-manager,membership=join"
                    .formatted(managerPort);
    private @Nullable Httpd started;

    /** Small processes, of which there are few at first: those that come later must know us too. */
    @BeforeEach
    void startHttpd() throws IOException {
        Path own = Files.createDirectory(directory.resolve("httpd"));
        List<String> conf = Backend.command("conf", "apache", "--standalone", balancer);
        conf.addAll(
                List.of("--http-port=" + declared, "--listen=127.0.0.1:" + port, "--dir=" + own));
        Command printed = Command.run(directory, conf);
        assertThat(printed.exit()).as(printed.output()).isZero();
        String small =
                printed.output()
                        .replace("ServerLimit 16", "ServerLimit 32")
                        .replace("ThreadsPerChild 512", "ThreadsPerChild 8")
                        .replace("MaxRequestWorkers 2048", "MaxRequestWorkers 256")
                        .replace("MinSpareThreads 512", "MinSpareThreads 8")
                        .replace("MaxSpareThreads 2048", "MaxSpareThreads 256");
        assertThat(small).contains("ThreadsPerChild 8\n").contains("MinSpareThreads 8\n");
        started = Httpd.start(own, small, port);
    }

    @AfterEach
    void stopHttpd() {
        httpd().close();
    }

    @Test
    void aPoolWhoseRoutesAreAnothersDoesNotJoinAndSaysWhatToDo() throws Exception {
        try (Backend first = Backend.start(directory, 1, balancer)) {
            awaitAnswers("m1");
            Path other = Files.createDirectory(directory.resolve("other"));
            try (Backend second = Backend.start(other, 2, balancer)) {
                second.process()
                        .awaitLog(
                                "m1 - httpd has the route m1 at http://127.0.0.1:%d already, a member of another pool: give this pool another pool.route-prefix"
                                        .formatted(first.httpPort(1)));
                assertThat(second.admin("/status.json").body()).contains("pool.route-prefix");
                awaitAnswers("m1", "m2");
                assertThat(second.get(1, "/whoami").statusCode()).isEqualTo(200);
            }
            try (Backend ignored = Backend.start(other, 1, balancer, "--route-prefix=n")) {
                awaitAnswers("m1", "n1");
            }
        }
    }

    @Test
    void everyProcessOfHttpdKnowsWhoJoined() throws Exception {
        try (Backend ignored = Backend.start(directory, 2, balancer, "--max-threads=100")) {
            awaitAnswers("m1", "m2");
            long before = httpd().process().handle().children().count();

            assertThat(statuses(80, "/sleep?for=1s")).containsOnly(Map.entry(200, 80));

            assertThat(httpd().process().handle().children().count()).isGreaterThan(before);
            assertThat(statuses(80, "/sleep?for=100ms")).containsOnly(Map.entry(200, 80));
        }
    }

    @Test
    void aJoinedMemberServesWhatADeclaredOneDoes() throws Exception {
        try (Backend ignored = Backend.start(directory, 2, balancer)) {
            awaitAnswers("m1", "m2");

            assertThat(get("/J%C3%BCrgen").body()).isEqualTo("Hello, Jürgen");
            assertThat(get("/a%20b").body()).isEqualTo("Hello, a b");
            assertThat(get("/100%25").body()).isEqualTo("Hello, 100%");
            assertThat(get("/whoami?x=1&y=%3F").body())
                    .contains("\"host\" : \"127.0.0.1:" + port + "\"");
            for (int i = 0; i < 10; i++) {
                assertThat(get("/whoami", "Cookie", "JSESSIONID=x.m2").body())
                        .contains("\"route\" : \"m2\"");
            }
            assertThat(get("/headers/8000").headers().firstValue("X-Fill").orElseThrow())
                    .hasSize(8000);
            assertThat(
                            WebSocketMessages.echo(
                                    client, URI.create("ws://127.0.0.1:" + port + "/ws"), "Grüße"))
                    .isEqualTo("Grüße");
        }
    }

    @Test
    void httpdKeepsItsMembersOverGracefulStopAndStart() throws Exception {
        try (ServerProcess ignored = pool(2, "m", declared, 0, declared + PLACES)) {
            awaitAnswers("m1", "m2");

            try (var load = new Load()) {
                httpd().graceful();
                load.awaitMore(300);
                httpd().graceful();
                load.awaitMore(300);
                assertThat(load.failures()).isEmpty();

                httpd().restart(port);
                awaitAnswers("m1", "m2");
                // Those that found no member there have said so by now.
                load.failures().clear();
                load.awaitMore(300);
                assertThat(load.failures()).isEmpty();
            }

            assertThat(statuses(40, "/sleep?for=200ms")).containsOnly(Map.entry(200, 40));
            awaitAnswers("m1", "m2");
        }
    }

    /**
     * On a configuration that declares other ports, so that members are added to it. After a reload
     * httpd tries the declared places, where no member is, until it finds them failing: a request
     * that meets two of them gets 503, as operations.md says, and one that sticks to a route finds
     * its declared place first.
     */
    @Test
    void addedMembersStandAnyOrderOfReloadsAndScaling() throws Exception {
        reloadAndScale(Ports.free(PLACES + 1), false);
    }

    @Test
    void declaredMembersStandAnyOrderOfReloadsAndScaling() throws Exception {
        int first = Ports.free(PLACES + 1);
        List<String> conf = Backend.command("conf", "apache", "--standalone", balancer);
        conf.addAll(
                List.of(
                        "--http-port=" + first,
                        "--listen=127.0.0.1:" + port,
                        "--dir=" + directory));
        Command printed = Command.run(directory, conf);
        assertThat(printed.exit()).as(printed.output()).isZero();
        httpd().restart(printed.output(), port);
        reloadAndScale(first, true);
    }

    private void reloadAndScale(int first, boolean areDeclared) throws Exception {
        int admin = first + PLACES;
        try (ServerProcess ignored = pool(2, "m", first, 0, admin)) {
            awaitAnswers("m1", "m2");
            try (var load = new Load()) {
                httpd().graceful();
                load.awaitMore(100);
                scale(admin, 4);
                awaitAnswers("m1", "m2", "m3", "m4");
                expectSticky("m1", "m2", "m3", "m4");
                httpd().graceful();
                load.awaitMore(100);
                if (!areDeclared) {
                    await().atMost(PATIENCE)
                            .untilAsserted(() -> expectSticky("m1", "m2", "m3", "m4"));
                }
                expectSticky("m1", "m2", "m3", "m4");
                scale(admin, 1);
                httpd().graceful();
                load.awaitMore(100);
                scale(admin, 3);
                awaitAnswers("m1", "m2", "m3");
                expectSticky("m1", "m2", "m3");
                if (areDeclared) {
                    assertThat(load.failures()).isEmpty();
                }
            }
            httpd().restart(port);
            awaitAnswers("m1", "m2", "m3");
            expectSticky("m1", "m2", "m3");
        }
    }

    private void expectSticky(String... routes) throws Exception {
        for (String route : routes) {
            for (int i = 0; i < 5; i++) {
                assertThat(get("/whoami", "Cookie", "JSESSIONID=x." + route).body())
                        .contains("\"route\" : \"" + route + "\"");
            }
        }
    }

    @Test
    void scalesThroughHttpdWithoutAFailedRequest() throws Exception {
        try (Backend backend = Backend.start(directory, 5, balancer)) {
            awaitAnswers("m1", "m2", "m3", "m4", "m5");
            try (var load = new Load()) {
                scale(backend.adminPort(), 2);
                load.awaitMore(200);
                awaitAnswers("m1", "m2");
                scale(backend.adminPort(), 4);
                load.awaitMore(200);
                awaitAnswers("m1", "m2", "m3", "m4");
                scale(backend.adminPort(), 1);
                load.awaitMore(200);
                awaitAnswers("m1");
                assertThat(load.failures()).isEmpty();
            }
        }
    }

    @Test
    void whoIsGoneIsNotAskedForItsHealthAndWhoReturnsIs() throws Exception {
        try (Backend backend = Backend.start(directory, 2, balancer)) {
            awaitAnswers("m1", "m2");
            assertThat(healthCheck(backend, 2)).isEqualTo("GET11");

            scale(backend.adminPort(), 1);
            await().atMost(PATIENCE).until(() -> healthCheck(backend, 2).equals("NONE"));
            assertThat(healthCheck(backend, 1)).isEqualTo("GET11");

            scale(backend.adminPort(), 2);
            awaitAnswers("m1", "m2");
            assertThat(healthCheck(backend, 2)).isEqualTo("GET11");
        }
    }

    @Test
    void aKilledPoolIsPassedOverAndJoinsAgain() throws Exception {
        int first = Ports.free(3);
        try (Backend ignored = Backend.start(directory, 1, balancer)) {
            try (ServerProcess dies = other(first)) {
                awaitAnswers("m1", "x1");
                dies.signal("KILL");
                dies.awaitExit();
            }
            awaitAnswers("m1");
            assertThat(statuses(100, "/")).containsOnly(Map.entry(200, 100));

            try (ServerProcess returns = other(first)) {
                awaitAnswers("m1", "x1");
                assertThat(statuses(100, "/")).containsOnly(Map.entry(200, 100));
                assertThat(returns.isAlive()).isTrue();
            }
        }
    }

    /** Another pool, of one member x1, that joins the same balancer. */
    private ServerProcess other(int first) throws IOException {
        return pool(1, "x", first, first + 1, first + 2);
    }

    private ServerProcess pool(int members, String prefix, int http, int ajp, int admin)
            throws IOException {
        Path other = Files.createDirectories(directory.resolve("other"));
        return ServerProcess.start(
                        other,
                        directory.resolve("other.log"),
                        Map.of(),
                        Backend.command(
                                "serve",
                                "--members=" + members,
                                "--route-prefix=" + prefix,
                                "--http-port=" + http,
                                "--ajp-port=" + ajp,
                                "--admin-port=" + admin,
                                balancer))
                .awaitPort(admin);
    }

    private void scale(int admin, int members) {
        Command scale =
                Command.run(
                        directory,
                        Backend.command(
                                "scale", Integer.toString(members), "--admin-port=" + admin));
        assertThat(scale.exit()).as(scale.output()).isZero();
    }

    /** What balancer-manager's page says of the member's health check, such as {@code GET11}. */
    private String healthCheck(Backend backend, int index) throws Exception {
        String manager = "http://127.0.0.1:%d/balancer-manager".formatted(managerPort);
        HttpResponse<String> page =
                client.send(
                        HttpRequest.newBuilder(URI.create(manager)).build(),
                        BodyHandlers.ofString());
        Matcher method =
                Pattern.compile(
                                ":%d</a>.*?<td>(NONE|GET11)</td>"
                                        .formatted(backend.httpPort(index)))
                        .matcher(page.body());
        assertThat(method.find()).as(page.body()).isTrue();
        return method.group(1);
    }

    private void awaitAnswers(String... routes) {
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(answers()).containsExactlyInAnyOrder(routes));
    }

    /** The routes of those who answer; a status that is not 200 stands for itself. */
    private Set<String> answers() throws Exception {
        Set<String> answers = new TreeSet<>();
        for (int i = 0; i < 20; i++) {
            HttpResponse<String> answer = get("/whoami");
            answers.add(
                    answer.statusCode() == 200
                            ? answer.body().replaceAll("(?s).*\"route\" : \"(\\w+)\".*", "$1")
                            : "" + answer.statusCode());
        }
        return answers;
    }

    /** How many requests, all at once, had which status. */
    private Map<Integer, Integer> statuses(int requests, String path) throws Exception {
        ExecutorService clients = Executors.newFixedThreadPool(requests);
        try {
            String head = "GET " + path + " HTTP/1.1";
            Map<Integer, Integer> statuses = new TreeMap<>();
            Callable<String> one = () -> ask(head, "");
            for (Future<String> answer : clients.invokeAll(Collections.nCopies(requests, one))) {
                statuses.merge(Integer.valueOf(answer.get().split(" ", 3)[1]), 1, Integer::sum);
            }
            return statuses;
        } finally {
            clients.shutdownNow();
        }
    }

    /**
     * The answer to a request, on a connection of its own: httpd closes idle ones when it is short
     * of threads or ends gracefully, maybe as the next request comes in. No retries.
     */
    private String ask(String head, String body) {
        return RawSocket.exchange(port, head + "\r\nHost: x\r\nConnection: close\r\n\r\n" + body);
    }

    private HttpResponse<String> get(String path, String... headers) throws Exception {
        return client.send(request(path, headers), BodyHandlers.ofString());
    }

    private HttpRequest request(String path, String... headers) {
        var request =
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                        .timeout(Duration.ofSeconds(60));
        return headers.length == 0 ? request.build() : request.headers(headers).build();
    }

    private Httpd httpd() {
        return Objects.requireNonNull(started);
    }

    /** Short GETs, 5 kB POSTs and 300 ms GETs, without a pause. */
    private final class Load implements AutoCloseable {
        private static final int CLIENTS = 6;

        private final AtomicInteger done = new AtomicInteger();
        private final Queue<String> failures = new ConcurrentLinkedQueue<>();
        private final AtomicBoolean over = new AtomicBoolean();
        private final ExecutorService clients = Executors.newFixedThreadPool(CLIENTS);

        Load() {
            for (int k = 0; k < CLIENTS; k++) {
                clients.execute(this::run);
            }
        }

        private void run() {
            for (int i = 0; !over.get(); i++) {
                try {
                    if (i % 3 == 0) {
                        expectOk("GET /sleep?for=300ms HTTP/1.1", "");
                    } else if (i % 3 == 1) {
                        expectOk("POST /echo HTTP/1.1\r\nContent-Length: 5000", "x".repeat(5000));
                    } else {
                        expectOk("GET / HTTP/1.1", "");
                    }
                } catch (UncheckedIOException e) {
                    failures.add(e.toString());
                }
                done.incrementAndGet();
            }
        }

        private void expectOk(String head, String body) {
            String answer = ask(head, body);
            if (!answer.startsWith("HTTP/1.1 200 ") || !answer.endsWith(body)) {
                failures.add(head + " -> " + answer);
            }
        }

        void awaitMore(int requests) {
            int goal = done.get() + requests;
            await().atMost(PATIENCE).until(() -> done.get() >= goal);
        }

        Queue<String> failures() {
            return failures;
        }

        @Override
        public void close() throws InterruptedException {
            over.set(true);
            clients.shutdown();
            assertThat(clients.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
        }
    }
}
