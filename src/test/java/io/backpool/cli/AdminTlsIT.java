package io.backpool.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.backpool.testkit.Backend;
import io.backpool.testkit.Command;
import io.backpool.testkit.Prometheus;
import io.backpool.testkit.TestCa;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code admin.tls}: who asks, what is believed, and what is renewed. */
class AdminTlsIT {
    private static final String TOKEN = "correct-horse-battery-staple";

    @TempDir static Path directory;
    private static final List<String> settings = new ArrayList<>();
    private static TestCa ca;
    private static Backend pool;

    @BeforeAll
    static void start() throws IOException {
        ca = TestCa.make(directory, "admins");
        TestCa.make(directory, "strangers");
        issue("own");
        issue("renewed");
        Path token = Files.writeString(directory.resolve("token"), TOKEN);
        Files.setPosixFilePermissions(token, PosixFilePermissions.fromString("rw-------"));
        List<String> flags =
                List.of(
                        "--processes",
                        "--admin-tls-certificate=" + directory.resolve("own.pem"),
                        "--admin-tls-key=" + directory.resolve("own.key"),
                        "--admin-token-file=" + token);
        Path home = Files.createDirectory(directory.resolve("home"));
        pool = Backend.begin(home, 1, flags.toArray(String[]::new));
        settings.addAll(pool.settings());
        settings.addAll(flags);
        pool.process().await("ready", () -> curl("/health/ready?all").exit() == 0);
    }

    @AfterAll
    static void stop() {
        pool.close();
    }

    /** Both ways: by the settings of the pool, whose certificate is believed, and from outside. */
    @Test
    void aRestartByCommandSendsTheTokenInTls() {
        List<String> restart = new ArrayList<>(List.of("restart", "--force"));
        restart.addAll(settings);
        Command own = run(restart.toArray(String[]::new));
        assertThat(own.exit()).as(own.output()).isZero();
        assertThat(own.output()).contains("m1 - ");

        Command elsewhere = run("scale", "1", url("localhost"), "--cacert=" + ca.file(), token());
        assertThat(elsewhere.exit()).as(elsewhere.output()).isZero();
        assertThat(pool.process().log()).doesNotContain(TOKEN);
    }

    @Test
    void whoIsNotBelievedIsNotAsked() {
        Command wrong =
                run(
                        "status",
                        url("127.0.0.1"),
                        "--cacert=" + directory.resolve("strangers-ca.pem"));
        assertThat(wrong.exit()).isEqualTo(ExitCode.UNAVAILABLE);
        assertThat(wrong.output())
                .startsWith("https://127.0.0.1:" + pool.adminPort() + "/ shows a certificate")
                .contains("not believed")
                .contains("--cacert FILE");
        assertThat(run("status", url("127.0.0.1")).output()).contains("not believed");
        assertThat(run("status", url("127.0.0.2"), "--cacert=" + ca.file()).exit())
                .isEqualTo(ExitCode.UNAVAILABLE);
        assertThat(run("status", url("127.0.0.1"), "--cacert=none").output())
                .startsWith("--cacert: ");
        assertThat(run("status", "--admin-port=" + pool.adminPort()).output())
                .contains("With admin.tls there it is --pool=https://127.0.0.1");
    }

    /** The certificate has told the client whom it asks; a browser could still send no header. */
    @Test
    void anyHostIsRightAndHeaderAndTokenAreNeeded() {
        String bearer = "Authorization: Bearer " + TOKEN;
        String host = "Host: app1.example";
        assertThat(post("X-Backpool: 1", host, bearer)).isEqualTo("202");
        assertThat(post("X-Backpool: 1", host)).isEqualTo("401");
        assertThat(post(host, bearer)).isEqualTo("403");
        List<String> plain =
                List.of("curl", "-s", "http://127.0.0.1:" + pool.adminPort() + "/health/live");
        assertThat(Command.run(directory, plain).output()).isEmpty();
    }

    private static String post(String... headers) {
        List<String> command =
                new ArrayList<>(List.of("curl", "-s", "-o", "/dev/null", "-w", "%{http_code}"));
        command.addAll(List.of("-XPOST", "--cacert", ca.file().toString()));
        for (String header : headers) {
            command.addAll(List.of("-H", header));
        }
        command.add("https://localhost:" + pool.adminPort() + "/resume");
        return Command.run(directory, command).output();
    }

    @Test
    void prometheusScrapesEveryProcessAndSeesTheRenewedCertificate() throws Exception {
        List<String> conf = new ArrayList<>(List.of("conf", "prometheus"));
        conf.add("--dir=" + directory.resolve("rules"));
        conf.addAll(settings);
        Command printed = run(conf.toArray(String[]::new));
        assertThat(printed.output())
                .contains("scheme: https", "- url: https://127.0.0.1:", "ca_file: '" + directory);
        Path rules = Files.createDirectory(directory.resolve("prometheus"));
        try (Prometheus prometheus = Prometheus.start(rules, printed.output())) {
            await().atMost(Duration.ofSeconds(60))
                    .untilAsserted(
                            () ->
                                    assertThat(prometheus.healthyTargets())
                                            .containsExactlyInAnyOrder(
                                                    "127.0.0.1:" + pool.adminPort(),
                                                    "127.0.0.1:" + (pool.adminPort() + 1)));
        }
        String before = expiry();
        replace("renewed.key", "own.key");
        replace("renewed.pem", "own.pem");
        await().atMost(Duration.ofSeconds(20)).until(() -> !expiry().equals(before));
        assertThat(pool.process().log()).contains("admin.tls was read again");
    }

    /** The admin listener's own sample of it. */
    private static String expiry() {
        return curl("/metrics")
                .output()
                .lines()
                .filter(line -> line.contains("_expiry_seconds{listener=\"admin\""))
                .findFirst()
                .orElseThrow();
    }

    private static void replace(String from, String to) throws IOException {
        Files.move(
                directory.resolve(from),
                directory.resolve(to),
                StandardCopyOption.REPLACE_EXISTING);
    }

    private static void issue(String name) throws IOException {
        Path extension =
                Files.writeString(
                        directory.resolve("names"), "subjectAltName=DNS:localhost,IP:127.0.0.1\n");
        ca.issue(name, "localhost", name.equals("own") ? 2 : 3);
        TestCa.openssl(
                directory,
                "x509 -req -in %1$s.csr -CA admins-ca.pem -CAkey admins-ca.key -days %2$d -extfile %3$s -out %1$s.pem"
                        .formatted(name, name.equals("own") ? 2 : 3, extension));
    }

    private static Command curl(String path) {
        return Command.run(
                directory,
                List.of(
                        "curl",
                        "-sf",
                        "--cacert",
                        ca.file().toString(),
                        "https://localhost:" + pool.adminPort() + path));
    }

    private static String url(String host) {
        return "--pool=https://" + host + ":" + pool.adminPort();
    }

    private static String token() {
        return "--admin-token-file=" + directory.resolve("token");
    }

    /** In this process, which starts sooner. Without a developer's {@code backend.yaml}. */
    private static Command run(String... arguments) {
        var out = new StringWriter();
        var writer = new PrintWriter(out, true);
        List<String> all = new ArrayList<>(List.of(arguments));
        all.add("--config=/dev/null");
        int exit =
                Main.commandLine()
                        .setOut(writer)
                        .setErr(writer)
                        .execute(all.toArray(String[]::new));
        return new Command(exit, out.toString());
    }
}
