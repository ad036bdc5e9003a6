package io.backpool.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.backpool.testkit.AppJar;
import io.backpool.testkit.Backend;
import io.backpool.testkit.Command;
import io.backpool.testkit.Ports;
import io.backpool.testkit.ServerProcess;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The project that bin/new-app makes: its application, in processes behind the demo's httpd. */
class NewAppIT {
    private static final int ROLLS = 2;

    @TempDir Path directory;

    @Test
    void itsApplicationIsRolledUnderLoadWithoutAFailedRequest() throws Exception {
        Path project = directory.resolve("my-shop");
        Command made =
                Command.run(
                        directory,
                        List.of(
                                Path.of("bin/new-app").toAbsolutePath().toString(),
                                project.toString()));
        assertThat(made.exit()).as(made.output()).isZero();
        Path jar =
                AppJar.make(
                        directory,
                        "my-shop.jar",
                        List.of(
                                Files.readString(
                                                project.resolve(
                                                        "src/main/resources/META-INF/services/"
                                                                + "io.backpool.app.Application"))
                                        .strip()),
                        Files.readString(project.resolve("src/main/java/myshop/App.java")));
        int port = Ports.free();
        int members = Ports.free(4);
        int admin = Ports.free(3);
        directory.toFile().setExecutable(true, false);
        try (var demo =
                ServerProcess.start(
                        directory,
                        directory.resolve("demo.log"),
                        Map.of(),
                        List.of(
                                Path.of("bin/demo").toAbsolutePath().toString(),
                                "--port=" + port,
                                "--app=" + jar,
                                "--",
                                "--members=2",
                                "--http-port=" + members,
                                "--ajp-port=" + (members + 2),
                                "--admin-port=" + admin))) {
            demo.awaitLog("Ctrl-C stops all of it");
            try (var load = new Load(URI.create("http://127.0.0.1:" + port + "/"))) {
                for (int roll = 0; roll < ROLLS; roll++) {
                    List<String> restart = Backend.command("restart");
                    restart.add("--admin-port=" + admin);
                    Command restarted = Command.run(directory, restart);
                    assertThat(restarted.exit()).as(restarted.output()).isZero();
                }
                load.close();
                assertThat(load.failures).as(demo.log()).isEmpty();
                assertThat(load.requests.get()).isPositive();
                System.out.printf("0 of %d requests failed%n", load.requests.get());
            }
            demo.signal("TERM");
            assertThat(demo.awaitExit()).isEqualTo(143);
        }
    }

    /** One client, that asks again and again. */
    private static final class Load implements AutoCloseable {
        private final HttpClient client = HttpClient.newHttpClient();
        private final AtomicBoolean ending = new AtomicBoolean();
        private final AtomicInteger requests = new AtomicInteger();
        private final Queue<String> failures = new ConcurrentLinkedQueue<>();
        private final Thread thread;

        Load(URI uri) {
            HttpRequest request = HttpRequest.newBuilder(uri).build();
            thread = new Thread(() -> run(request), "client");
            thread.start();
        }

        private void run(HttpRequest request) {
            while (!ending.get()) {
                try {
                    String body = client.send(request, BodyHandlers.ofString()).body();
                    if (!body.equals("Welcome to my-shop")) {
                        failures.add(body);
                    }
                    requests.incrementAndGet();
                } catch (IOException e) {
                    failures.add(e.toString());
                } catch (InterruptedException e) {
                    return;
                }
            }
        }

        @Override
        public void close() throws InterruptedException {
            ending.set(true);
            thread.join();
        }
    }
}
