package io.backpool.service.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.backpool.testkit.AppJar;
import io.backpool.testkit.Backend;
import io.backpool.testkit.Command;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What people do with the queue of a running pool, and what a pool that stops does with it. */
class QueueThroughPoolIT {
    private static final Duration LONG = Duration.ofSeconds(60);

    @TempDir Path directory;

    @Test
    void deadMessagesAreListedTriedAgainAndDroppedByCommands() throws Exception {
        try (PoolQueue queue = open()) {
            List<String> dead = die(queue, "dead 1", "dead 2", "dead 3", "dead 4");
            try (Backend backend = Backend.start(directory, 1, "--processes")) {
                assertThat(queue(backend, 0, "list", "--dead"))
                        .contains(dead)
                        .contains("ATTEMPTS", "java.io.IOException: no not now");
                assertThat(queue(backend, 0, "list", "--limit=1", "--json"))
                        .contains("\"attempts\" : 3");

                assertThat(queue(backend, 0, "retry", dead.get(0))).contains("1 queued again");
                await().atMost(LONG).until(() -> state(queue, dead.get(0)) == MessageState.DONE);
                assertThat(queue(backend, 1, "retry", dead.get(0)))
                        .contains("No dead message has the id");
                assertThat(queue(backend, 0, "drop", dead.get(1))).contains("1 dropped");
                assertThat(queue.find(dead.get(1))).isNull();
                assertThat(queue(backend, 1, "drop", "no/such?id")).contains("No dead message");
                assertThat(queue(backend, 0, "retry", "--all")).contains("2 queued again");
                await().atMost(LONG).until(() -> state(queue, dead.get(3)) == MessageState.DONE);
                assertThat(backend.admin("/queue/dead").body()).isEqualTo("{\"messages\":[]}");

                for (String wrong : List.of("retry", "retry --all x", "drop", "list --limit=0")) {
                    assertThat(run(backend, wrong.split(" ")).exit()).as(wrong).isNotZero();
                }
                assertThat(withoutHeader(backend, "/queue/retry?id=x")).isEqualTo(403);
                assertThat(withoutHeader(backend, "/queue/drop?id=x")).isEqualTo(403);
                assertThat(backend.control("/queue/drop").statusCode()).isEqualTo(400);
                assertThat(backend.status("/queue/dead?limit=x")).isEqualTo(400);
            }
        }
    }

    /** The application opens the database after the queue, and closes what it uses itself. */
    @Test
    void handlersEndBeforeWhatTheyUse() throws Exception {
        Path jar =
                AppJar.make(
                        directory,
                        "app.jar",
                        List.of("demo.App"),
                        """
                        package demo;

                        public final class App implements io.backpool.app.Application {
                            private volatile boolean closed;

                            @Override
                            public io.undertow.server.HttpHandler start(
                                    io.backpool.app.Services services) {
                                services.queue().consume(1, message -> work(services));
                                return exchange -> {};
                            }

                            private String work(io.backpool.app.Services services)
                                    throws Exception {
                                services.dataSource();
                                Thread.sleep(2_000);
                                try (var connection = services.dataSource().getConnection()) {
                                    return closed ? "closed" : "with all that it needs";
                                }
                            }

                            @Override
                            public void close() {
                                closed = true;
                            }
                        }
                        """);
        try (PoolQueue queue = open()) {
            String id = queue.publish(new byte[1]);
            String next = queue.publish(new byte[1]);
            try (Backend backend = Backend.start(directory, 1, "--app-jar=" + jar)) {
                await().atMost(LONG).until(() -> state(queue, id) == MessageState.PROCESSING);
                backend.process().signal("TERM");
                assertThat(backend.process().awaitExit()).isEqualTo(143);
            }
            assertThat(queue.find(id))
                    .isEqualTo(
                            new MessageStatus(id, MessageState.DONE, 1, "with all that it needs"));
            assertThat(state(queue, next)).isEqualTo(MessageState.QUEUED);
        }
    }

    /** The queue of a pool in this directory. */
    private PoolQueue open() {
        return TestQueues.open(
                "sqlite:" + directory.resolve("data/queue.db"),
                "app",
                () -> {
                    throw new IllegalStateException("SQLite has the states in its file");
                });
    }

    private static List<String> die(PoolQueue queue, String... bodies) throws Exception {
        MessageHandler fails =
                message -> {
                    throw new java.io.IOException("no\nnot now");
                };
        List<String> ids = new ArrayList<>();
        try (var consumer = queue.consume(2, fails)) {
            for (String body : bodies) {
                ids.add(queue.publish(QueueContract.bytes(body)));
            }
            await().atMost(LONG).until(() -> queue.dead(10).size() == bodies.length);
        }
        return ids;
    }

    private static MessageState state(PoolQueue queue, String id) {
        return Objects.requireNonNull(queue.find(id)).state();
    }

    private String queue(Backend backend, int exit, String... arguments) {
        Command done = run(backend, arguments);
        assertThat(done.exit()).as(done.output()).isEqualTo(exit);
        return done.output();
    }

    private Command run(Backend backend, String... arguments) {
        List<String> command = Backend.command("queue");
        command.addAll(List.of(arguments));
        command.addAll(backend.settings());
        return Command.run(directory, command);
    }

    private static int withoutHeader(Backend backend, String path) throws Exception {
        var request =
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + backend.adminPort() + path))
                        .POST(HttpRequest.BodyPublishers.noBody())
                        .build();
        return HttpClient.newHttpClient()
                .send(request, HttpResponse.BodyHandlers.discarding())
                .statusCode();
    }
}
