package io.backpool.proxyconf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.backpool.testkit.Backend;
import io.backpool.testkit.Command;
import io.backpool.testkit.Httpd;
import io.backpool.testkit.Ports;
import io.backpool.testkit.RawSocket;
import io.backpool.testkit.ServerProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The complete files start as printed, whoever starts them. Where the tests are root "anyone" is
 * nobody, else both are the user whose tests these are.
 */
class StandaloneIT {
    private static final int REQUESTS = 100;
    private static final boolean ROOT = System.getProperty("user.name").equals("root");

    private Path directory = Path.of("");
    private int port;

    @BeforeEach
    void home() throws Exception {
        port = Ports.free(2);
        directory = Files.createTempDirectory("standalone");
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    @AfterEach
    void remove() throws Exception {
        try (var files = Files.walk(directory)) {
            files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
        }
    }

    @ParameterizedTest
    @CsvSource({
        "apache, root",
        "apache, anyone",
        "nginx, root",
        "nginx, anyone",
        "haproxy, root",
        "haproxy, anyone"
    })
    void startsAsPrinted(String target, String user) throws Exception {
        List<String> arguments =
                new ArrayList<>(
                        List.of(
                                target,
                                "--listen=127.0.0.1:" + port,
                                "--http-port=" + Ports.free(2),
                                "--ajp-port=0"));
        if (target.equals("apache")) {
            arguments.addAll(List.of("--standalone", "--manager-port=" + (port + 1)));
        }
        Path conf = directory.resolve(target + ".conf");
        Files.writeString(conf, Fronts.conf(directory, arguments));
        List<String> command = new ArrayList<>();
        if (ROOT && user.equals("anyone")) {
            run("chown", "-R", "65534:65534", directory.toString());
            command.addAll(List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"));
        }
        command.addAll(
                switch (target) {
                    case "apache" -> List.of(Httpd.program(), "-D", "FOREGROUND", "-f");
                    case "nginx" -> List.of(ServerProcess.program("nginx"), "-c");
                    default -> List.of(ServerProcess.program("haproxy"), "-f");
                });
        command.add(conf.toString());

        try (var server =
                ServerProcess.start(directory, directory.resolve("out"), Map.of(), command)) {
            server.awaitPort(port);

            // No member is there: the answer is the front end's own.
            await().atMost(20, TimeUnit.SECONDS)
                    .until(() -> Client.get("http://127.0.0.1:" + port + "/").statusCode() >= 502);
        }
    }

    /** Where all threads of a child are busy httpd closes connections that idle. */
    @Test
    void asManyClientsAtOnceAsItIsForKeepTheirConnections() throws Exception {
        int clients = 64;
        Path home = Files.createDirectory(directory.resolve("httpd"));
        try (Backend pool = Backend.start(directory, 1)) {
            List<String> conf =
                    Backend.command(
                            "conf",
                            "apache",
                            "--standalone",
                            "--clients=" + clients,
                            "--dir=" + home);
            conf.addAll(List.of("--listen=127.0.0.1:" + port, "--manager-port=0"));
            conf.addAll(pool.settings());
            Command printed = Command.run(directory, conf);
            assertThat(printed.output()).contains("\nThreadsPerChild 64\n");
            try (Httpd ignored = Httpd.start(home, printed.output(), port)) {
                ExecutorService threads = Executors.newFixedThreadPool(clients);
                List<Future<Integer>> answers = new ArrayList<>();
                for (int i = 0; i < clients; i++) {
                    answers.add(threads.submit(this::askOnOneConnection));
                }
                for (Future<Integer> count : answers) {
                    assertThat(count.get()).isEqualTo(REQUESTS);
                }
                threads.shutdown();
            }
        }
    }

    /** How many answers came before the connection was closed. */
    private int askOnOneConnection() {
        try (RawSocket client = RawSocket.connect(port)) {
            for (int i = 1; i <= REQUESTS; i++) {
                int wanted = i;
                client.send("GET /bytes/7 HTTP/1.1\r\nHost: localhost\r\n\r\n");
                client.readUntil(bytes -> isWhole(RawSocket.text(bytes), wanted));
            }
            return client.received().split("HTTP/1.1 200 ", -1).length - 1;
        }
    }

    private static boolean isWhole(String received, int answers) {
        int body = received.lastIndexOf("\r\n\r\n") + 4;
        return received.split("HTTP/1.1 200 ", -1).length - 1 == answers
                && body > received.lastIndexOf("HTTP/1.1 200 ")
                && received.length() == body + 7;
    }

    /** As an operator does it: into the background, and out of it with {@code -k stop}. */
    @ParameterizedTest
    @CsvSource({"http", "ajp"})
    void httpdIsStartedAndStoppedByItsFile(String protocol) throws Exception {
        Path conf = directory.resolve("httpd.conf");
        Files.writeString(
                conf,
                Fronts.conf(
                        directory,
                        List.of(
                                "apache",
                                "--standalone",
                                "--protocol=" + protocol,
                                "--listen=127.0.0.1:" + port,
                                "--manager-port=0")));

        run(Httpd.program(), "-f", conf.toString());
        await().atMost(20, TimeUnit.SECONDS).until(() -> Ports.isOpen(port));
        assertThat(directory.resolve("backpool-httpd/httpd.pid")).exists();
        run(Httpd.program(), "-f", conf.toString(), "-k", "stop");

        await().atMost(20, TimeUnit.SECONDS)
                .until(() -> !Files.exists(directory.resolve("backpool-httpd/httpd.pid")));
        await().atMost(20, TimeUnit.SECONDS).until(() -> !Ports.isOpen(port));
    }

    private static void run(String... command) throws Exception {
        assertThat(new ProcessBuilder(command).inheritIO().start().waitFor())
                .as(String.join(" ", command))
                .isZero();
    }
}
