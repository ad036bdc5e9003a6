package io.backpool.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.backpool.testkit.AjpPacket;
import io.backpool.testkit.Backend;
import io.backpool.testkit.Command;
import io.backpool.testkit.Httpd;
import io.backpool.testkit.Ports;
import io.backpool.testkit.RawSocket;
import io.backpool.testkit.ServerProcess;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where secrets come from, and where they never stand. */
class SecretsIT {
    private static final String PASSWORD = "t0psecret";
    private static final String AJP = "first-secret-of-the-tests";
    private static final String TOKEN = "a-token-that-nobody-guesses";

    @TempDir Path directory;

    /** A flag that the user typed is in the supervisor's; a child's has none. */
    @Test
    void noSettingStandsInAChildsCommandLine() throws IOException {
        String url = "redis://:" + PASSWORD + "@127.0.0.1:1/0";
        try (Backend pool =
                Backend.start(
                        directory,
                        2,
                        "--processes",
                        "--cache-url=" + url,
                        "--limits-body-size=7654321")) {
            List<String> children =
                    pool.process()
                            .handle()
                            .children()
                            .map(child -> commandLine(child.pid()))
                            .toList();
            assertThat(children).filteredOn(line -> line.contains(" --index=")).hasSize(2);
            assertThat(children)
                    .allSatisfy(
                            line -> assertThat(line).doesNotContain(PASSWORD, "redis", "7654321"));
            // Yet they know them.
            assertThat(
                            RawSocket.exchange(
                                    pool.httpPort(2),
                                    "POST /echo HTTP/1.1\r\n"
                                            + "Host: a\r\n"
                                            + "Content-Length: 7654322\r\n\r\n"))
                    .startsWith("HTTP/1.1 413 ")
                    .contains("7654321 bytes");
            assertThat(pool.get(1, "/cached/a").headers().firstValue("X-Cache")).contains("MISS");
            assertThat(everythingItSays(pool)).doesNotContain(PASSWORD);
        }
    }

    @Test
    void noSecretStandsInAnyOutput() throws IOException {
        Path token = secret("token", TOKEN);
        secret("ajp", AJP);
        secret("backend.yaml", "queue: {url: \"amqp://app:" + PASSWORD + "@127.0.0.1:1/app\"}\n");
        String[] flags = {"--ajp-secret-file=ajp", "--admin-token-file=" + token};
        try (Backend pool = Backend.start(directory, 1, flags)) {
            assertThat(pool.control("/scale?members=1").statusCode()).isEqualTo(401);
            assertThat(ajp(pool, "wrong")).isEmpty();
            assertThat(ajp(pool, AJP)).startsWith("200");
            assertThat(everythingItSays(pool)).doesNotContain(PASSWORD, AJP, TOKEN);
            for (String command :
                    List.of("--help", "serve --help", "check", "conf apache", "status")) {
                assertThat(run(Stream.concat(Stream.of(command.split(" ")), Stream.of(flags))))
                        .as(command)
                        .doesNotContain(PASSWORD, AJP, TOKEN);
            }
        }
        assertThat(run(Stream.of("check", "--cache-url=ftp://u:" + PASSWORD + "@h/")))
                .contains("cache.url")
                .doesNotContain(PASSWORD);
    }

    /** As operations.md says: the file, {@code restart}, httpd's graceful. */
    @Test
    void theAjpSecretIsRotatedByARestart() throws Exception {
        Path file = secret("ajp", AJP);
        String next = "second-secret-of-the-tests";
        int port = Ports.free();
        try (Backend pool = Backend.start(directory, 1, "--processes", "--ajp-secret-file=ajp");
                Httpd httpd = httpd(pool, port)) {
            assertThat(get(port).body()).contains("AJP/1.3");

            Files.writeString(file, next + "\n");
            ProcessHandle member =
                    pool.process()
                            .handle()
                            .children()
                            .filter(child -> commandLine(child.pid()).contains(" --index="))
                            .findFirst()
                            .orElseThrow();
            ServerProcess.signal("KILL", member.pid());
            member.onExit().get();
            // A member that is started again has the secret that httpd has.
            await().atMost(Duration.ofSeconds(30))
                    .ignoreExceptions()
                    .until(() -> ajp(pool, AJP).startsWith("200"));

            List<String> restart = Backend.command("restart");
            restart.add("--admin-port=" + pool.adminPort());
            restart.add("--force"); // the only member
            Command restarted = Command.run(directory, restart);
            assertThat(restarted.exit()).as(restarted.output()).isZero();

            assertThat(ajp(pool, AJP)).isEmpty();
            assertThat(ajp(pool, next)).startsWith("200");
            assertThat(Files.readString(directory.resolve("ajp-secret.conf"))).contains(next);
            httpd.graceful();
            await().atMost(Duration.ofSeconds(30)).until(() -> get(port).statusCode() == 200);
            assertThat(get(port).body()).contains("AJP/1.3");
            assertThat(everythingItSays(pool)).doesNotContain(AJP, next);
        }
    }

    private static String everythingItSays(Backend pool) {
        return Stream.of(
                                "/status.json",
                                "/status",
                                "/metrics",
                                "/targets",
                                "/health/ready",
                                "/restart")
                        .map(path -> pool.admin(path).body())
                        .reduce(pool.process().log(), String::concat)
                + pool.get(1, "/whoami").body()
                + pool.get(1, "/status/500").body();
    }

    /** Empty if it has ended. */
    private static String commandLine(long pid) {
        try {
            byte[] line = Files.readAllBytes(Path.of("/proc", Long.toString(pid), "cmdline"));
            return new String(line, StandardCharsets.UTF_8).replace('\0', ' ');
        } catch (IOException e) {
            return "";
        }
    }

    private Path secret(String name, String content) throws IOException {
        Path file = Files.writeString(directory.resolve(name), content + "\n");
        return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    }

    private static String ajp(Backend pool, String secret) {
        try (RawSocket socket = RawSocket.connect(pool.ajpPort(1))) {
            byte[] request = AjpPacket.get("/", 0).secret(secret).end();
            return AjpPacket.answer(socket.send(request).readUntil(AjpPacket::isWhole));
        }
    }

    private String run(Stream<String> arguments) {
        return Command.run(directory, Backend.command(arguments.toArray(String[]::new))).output();
    }

    private static HttpResponse<String> get(int port) throws Exception {
        URI uri = URI.create("http://127.0.0.1:" + port + "/whoami");
        return HttpClient.newHttpClient()
                .send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString());
    }

    private Httpd httpd(Backend pool, int port) {
        List<String> conf = Backend.command("conf", "apache", "--standalone", "--protocol=ajp");
        conf.addAll(pool.settings());
        conf.addAll(
                List.of(
                        "--ajp-secret-file=ajp",
                        "--listen=" + port,
                        "--manager-port=0",
                        "--dir=" + directory.resolve("httpd")));
        Command printed = Command.run(directory, conf);
        assertThat(printed.exit()).as(printed.output()).isZero();
        return Httpd.start(directory, printed.output(), port);
    }
}
