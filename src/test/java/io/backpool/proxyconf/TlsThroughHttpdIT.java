package io.backpool.proxyconf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.backpool.testkit.Backend;
import io.backpool.testkit.Command;
import io.backpool.testkit.Httpd;
import io.backpool.testkit.Ports;
import io.backpool.testkit.TestCa;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** TLS between the real httpd and members, each side with a certificate of its own. */
class TlsThroughHttpdIT {
    /** No trusted peer by its address: who is believed has shown a certificate. */
    private static final String NOBODY = "--trusted-proxies=192.0.2.0/24";

    @TempDir Path directory;
    private final int port = Ports.free(2);
    private final List<String> pool = new ArrayList<>();
    private TestCa members;
    private TestCa proxies;
    private String certificate;

    @BeforeEach
    void makeCertificates() throws Exception {
        members = TestCa.make(directory, "members");
        proxies = TestCa.make(directory, "proxies");
        members.issue("member", "127.0.0.1", 2);
        certificate = "--client-certificate=" + proxies.client("httpd");
        pool.addAll(
                List.of(
                        "--tls-certificate=" + directory.resolve("member.pem"),
                        "--tls-key=" + directory.resolve("member.key"),
                        "--tls-client-ca=" + proxies.file(),
                        NOBODY,
                        "--limits-header-timeout=1s",
                        "--identity-user-header=X-Remote-User"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"static", "join"})
    void whoShowsACertificateIsServedAndBelieved(String membership) throws Exception {
        pool.add(
                "--balancer=http://127.0.0.1:%d/balancer-manager,membership=%s"
                        .formatted(port + 1, membership));
        try (Backend backend = Backend.start(directory, 2, flags());
                Httpd httpd = httpd(backend, members, certificate)) {
            await().until(() -> backend.inRotation() >= 2);

            JsonNode seen = whoami();
            assertThat(seen.get("user").asString()).isEqualTo("alice");
            assertThat(seen.get("clientAddress").asString()).isEqualTo("127.0.0.1");
            assertThat(seen.get("scheme").asString()).isEqualTo("http");
            assertThat(seen.get("host").asString()).isEqualTo("127.0.0.1:" + port);
            assertThat(seen.get("tls").isNull() || seen.at("/tls/cipher").isNull()).isTrue();
            Command doctor =
                    run(
                            backend,
                            "doctor",
                            "--httpd-conf=" + httpd.errorLog().resolveSibling("httpd.conf"));
            assertThat(doctor.exit()).as(doctor.output()).isZero();
            assertThat(backend.admin("/metrics").body())
                    .contains("backpool_tls_certificate_expiry_seconds{");

            assertThat(handshake(backend, "")).contains("alert");
            assertThat(handshake(backend, "-cert httpd.pem -key httpd.key"))
                    .contains("HTTP/1.1 200");
            members.client("stranger");
            assertThat(handshake(backend, "-cert stranger.pem -key stranger.key"))
                    .contains("alert");
            assertThat(handshake(backend, "-cert httpd.pem -key httpd.key -tls1_2"))
                    .contains("HTTP/1.1 200");
            assertThat(handshake(backend, "-cert httpd.pem -key httpd.key -tls1_1"))
                    .doesNotContain("HTTP/1.1 200");
        }
    }

    /** A handshake has as long as a request's head; what follows it may rest. */
    @Test
    void onlyAHandshakeIsInAHurry() throws Exception {
        try (Backend backend = Backend.start(directory, 1, flags());
                Socket silent = new Socket(InetAddress.getLoopbackAddress(), backend.httpPort(1))) {
            silent.setSoTimeout(10_000);

            assertThat(silent.getInputStream().read()).isEqualTo(-1);
            assertThat(handshake(backend, 3, "-cert httpd.pem -key httpd.key"))
                    .contains("HTTP/1.1 200");
        }
    }

    @Test
    void aMemberOfAnotherCaIsNotServed() throws Exception {
        try (Backend backend = Backend.start(directory, 1, flags());
                Httpd httpd = httpd(backend, proxies, certificate)) {
            // At once, or as soon as httpd tries a member again that failed its health check.
            await().untilAsserted(
                            () -> {
                                assertThat(get("/").statusCode()).isBetween(500, 503);
                                assertThat(httpd.errorLog()).content().contains("AH02039");
                            });
            assertThat(backend.admin("/metrics").body()).contains("undertow_requests_total");
        }
    }

    @Test
    void aNewCertificateIsTakenUpUnderLoad() throws Exception {
        try (Backend backend = Backend.start(directory, 2, flags());
                Httpd ignored = httpd(backend, members, certificate)) {
            await().until(() -> get("/").statusCode() == 200);
            String before = serial(backend);
            var answered = new AtomicInteger();
            var failed = new AtomicInteger();
            var ended = new AtomicBoolean();
            List<Thread> load = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                load.add(new Thread(() -> ask(answered, failed, ended)));
            }
            load.forEach(Thread::start);

            Files.writeString(directory.resolve("member.pem"), "broken");
            backend.process().awaitLog("pool.tls has changed and can't be used");
            assertThat(serial(backend)).isEqualTo(before);
            members.issue("next", "127.0.0.1", 2);
            for (String end : List.of(".key", ".pem")) {
                Files.move(
                        directory.resolve("next" + end),
                        directory.resolve("member" + end),
                        StandardCopyOption.REPLACE_EXISTING);
            }
            backend.process().awaitLog("pool.tls was read again");
            assertThat(serial(backend)).isNotEqualTo(before);
            int until = answered.get() + 100;
            await().until(() -> answered.get() > until);

            ended.set(true);
            for (Thread thread : load) {
                thread.join();
            }
            assertThat(failed).hasValue(0);
        }
    }

    private void ask(AtomicInteger answered, AtomicInteger failed, AtomicBoolean ended) {
        while (!ended.get()) {
            try {
                (get("/").statusCode() == 200 ? answered : failed).incrementAndGet();
            } catch (Exception e) {
                failed.incrementAndGet();
            }
        }
    }

    private String[] flags() {
        return pool.toArray(String[]::new);
    }

    private Httpd httpd(Backend backend, TestCa believed, String certificate) throws IOException {
        Path own = Files.createDirectory(directory.resolve("httpd"));
        Command printed =
                run(
                        backend,
                        "conf",
                        "apache",
                        "--standalone",
                        "--auth",
                        "--listen=127.0.0.1:" + port,
                        "--manager-port=" + (port + 1),
                        "--dir=" + own,
                        "--member-ca=" + believed.file(),
                        certificate);
        assertThat(printed.exit()).as(printed.output()).isZero();
        String text = printed.output().replace("\"expr=%{REMOTE_USER}\"", "alice");
        return Httpd.start(own, text, port);
    }

    private Command run(Backend backend, String... arguments) {
        List<String> command = Backend.command(arguments);
        command.addAll(backend.settings());
        command.addAll(pool);
        return Command.run(directory, command);
    }

    private String serial(Backend backend) throws IOException {
        String shown = handshake(backend, "-cert httpd.pem -key httpd.key");
        Path pem =
                Files.writeString(
                        directory.resolve("shown.pem"),
                        shown.substring(
                                shown.indexOf("-----BEGIN CERTIFICATE"),
                                shown.indexOf("-----END CERTIFICATE") + 25));
        return TestCa.openssl(directory, "x509 -noout -serial -in " + pem);
    }

    private String handshake(Backend backend, String options) throws IOException {
        return handshake(backend, 0, options);
    }

    /** What openssl says that speaks with member 1, and rests after the handshake. */
    private String handshake(Backend backend, int restSeconds, String options) throws IOException {
        Files.writeString(
                directory.resolve("request"),
                "GET /health/ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        String command =
                "(sleep %d; cat request) | openssl s_client -ign_eof -connect 127.0.0.1:%d %s"
                        .formatted(restSeconds, backend.httpPort(1), options);
        return Command.run(directory, List.of("sh", "-c", command)).output();
    }

    private JsonNode whoami() throws Exception {
        return new JsonMapper().readTree(get("/whoami").body());
    }

    private HttpResponse<String> get(String path) throws Exception {
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                                .timeout(Duration.ofSeconds(20))
                                .build(),
                        BodyHandlers.ofString());
    }
}
