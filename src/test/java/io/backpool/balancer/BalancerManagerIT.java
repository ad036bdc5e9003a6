package io.backpool.balancer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.backpool.config.BalancerConfig;
import io.backpool.config.BalancerConfig.Membership;
import io.backpool.config.BalancerConfig.Protocol;
import io.backpool.config.HttpdCheck;
import io.backpool.testkit.Httpd;
import io.backpool.testkit.Ports;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The client and the real httpd; and peers that no httpd can play. */
class BalancerManagerIT {
    private static final URI MEMBER = URI.create("http://127.0.0.4:80");

    private static final String MODULES =
            List.of("authn_core", "authn_file", "authz_user", "auth_basic").stream()
                    .map(
                            name ->
                                    "LoadModule %s_module %s/mod_%s.so%n"
                                            .formatted(name, Httpd.modules(), name))
                    .reduce("", String::concat);

    @Test
    void aMemberIsAddedHealthCheckedAndChanged(@TempDir Path directory) throws IOException {
        try (var front = new FrontEnd(directory, FrontEnd.open(1))) {
            var manager = manager(front);
            Balancer seen = manager.add(manager.read(), MEMBER, null);
            assertThat(only(seen).name()).isEqualTo("ws://127.0.0.4");
            assertThat(only(seen).is(MemberStatus.DISABLED)).isTrue();

            seen =
                    manager.update(
                            seen,
                            only(seen),
                            List.of(
                                    Change.route("m1"),
                                    Change.redirect("backpool-N~o&1"),
                                    Change.healthCheck(HttpdCheck.READINESS),
                                    Change.status(MemberStatus.DISABLED, false),
                                    Change.status(MemberStatus.DRAIN, true)));
            BalancerMember member = only(manager.read());
            assertThat(member).isEqualTo(only(seen));
            assertThat(member.route()).isEqualTo("m1");
            assertThat(member.redirect()).isEqualTo("backpool-N~o&1");
            assertThat(member.url()).isEqualTo(MEMBER);
            assertThat(member.is(MemberStatus.DRAIN)).isTrue();
        }
    }

    @Test
    void anAdditionWithoutAFreeSlotIsRefused(@TempDir Path directory) throws IOException {
        try (var front = new FrontEnd(directory, FrontEnd.declared(1))) {
            var manager = manager(front);
            Balancer seen = manager.read();
            assertThatThrownBy(() -> manager.add(seen, MEMBER, null))
                    .isInstanceOf(BalancerException.class)
                    .hasMessageContaining("ProxySet growth=N");
        }
    }

    @Test
    void anOldNonceIsReadAgain(@TempDir Path directory) throws IOException {
        try (var front = new FrontEnd(directory, FrontEnd.declared(1, 2))) {
            var manager = manager(front);
            Balancer old = manager.read();
            front.httpd.restart(front.port);
            assertThat(manager.read().nonce()).isNotEqualTo(old.nonce());
            BalancerMember first = old.members().get(0);
            Balancer seen = manager.update(old, first, List.of(Change.loadFactor(3)));
            assertThat(seen.members().get(0).loadFactor()).isEqualTo(3);
        }
    }

    @Test
    void whatHttpdIgnoresIsAnError(@TempDir Path directory) throws IOException {
        try (var front = new FrontEnd(directory, FrontEnd.declared(1))) {
            var manager = manager(front);
            Balancer seen = manager.read();
            assertThatThrownBy(
                            () -> manager.update(seen, only(seen), List.of(Change.loadFactor(101))))
                    .isInstanceOf(BalancerException.class)
                    .hasMessageContaining("httpd ignored");
            assertThatThrownBy(
                            () ->
                                    manager.update(
                                            seen,
                                            only(seen),
                                            List.of(Change.route("m".repeat(2000)))))
                    .hasMessageContaining("httpd takes 1024");
        }
    }

    @Test
    void aManagerThatTakesNoChangesIsNamed(@TempDir Path directory) throws IOException {
        String readOnly = "<Proxy balancer://app>\nProxySet nonce=None\n</Proxy>\n";
        try (var front = new FrontEnd(directory, FrontEnd.declared(1) + readOnly)) {
            var manager = manager(front);
            Balancer seen = manager.read();
            assertThatThrownBy(() -> manager.update(seen, only(seen), List.of(Change.route("x"))))
                    .hasMessageContaining("ProxySet nonce=None");
        }
    }

    @Test
    void aPasswordIsSentFromItsFile(@TempDir Path directory) throws Exception {
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        byte[] sha = MessageDigest.getInstance("SHA-1").digest("secret".getBytes(UTF_8));
        Path users =
                Files.writeString(
                        directory.resolve("users"),
                        "ops:{SHA}" + Base64.getEncoder().encodeToString(sha) + "\n");
        Path right = Files.writeString(directory.resolve("right"), "secret\n");
        Path wrong = Files.writeString(directory.resolve("wrong"), "guess\n");
        String guarded =
                """
                <Location /balancer-manager>
                  AuthType Basic
                  AuthName manager
                  AuthUserFile %s
                  Require user ops
                </Location>
                """
                        .formatted(users);
        String balancer = MODULES + FrontEnd.declared(1) + guarded;
        try (var front = new FrontEnd(directory, balancer)) {
            URI url = front.url("/balancer-manager");
            assertThat(manager(url, "ops", right).read().members()).hasSize(1);
            assertThatThrownBy(() -> manager(url, "ops", wrong).read())
                    .hasMessageContaining("refuses user or password (401)")
                    .hasMessageNotContaining("guess");
            assertThatThrownBy(() -> manager(url, null, null).read())
                    .hasMessageContaining("set user and password-file");
            assertThatThrownBy(() -> manager(url, "ops", directory.resolve("none")).read())
                    .hasMessageContaining("cannot read password-file");
        }
    }

    @Test
    void aWrongAddressIsToldApart(@TempDir Path directory) throws IOException {
        int port = Ports.free();
        try (var member = new StubMember("m1", port);
                var front =
                        new FrontEnd(
                                directory,
                                FrontEnd.declared(port)
                                        + """
                                        <Location /closed>
                                          SetHandler balancer-manager
                                          Require all denied
                                        </Location>
                                        ProxyPass /nothing !
                                        Redirect /moved http://127.0.0.1/balancer-manager
                                        ProxyPass /moved !
                                        """)) {
            assertThat(member).isNotNull();
            assertThatThrownBy(() -> manager(front.url("/member"), null, null).read())
                    .hasMessageContaining("is not balancer-manager's XML");
            assertThatThrownBy(() -> manager(front.url("/closed"), null, null).read())
                    .hasMessageContaining("Require ip");
            var other =
                    new BalancerConfig(
                            front.url("/balancer-manager"),
                            "shop",
                            Protocol.HTTP,
                            Membership.STATIC,
                            null,
                            null);
            assertThatThrownBy(() -> new BalancerManager(other).read())
                    .hasMessageContaining("no balancer://shop there, it has app");
            assertThatThrownBy(() -> manager(StubMember.url(Ports.free()), null, null).read())
                    .hasMessageContaining("is httpd running");
        }
    }

    @Test
    void answersThatAreNoAnswersAreToldApart(@TempDir Path directory) throws Exception {
        String head = "HTTP/1.1 %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n";
        assertThat(complaint(head.formatted("200 OK", 1000) + "<httpd:manager"))
                .contains("cannot reach");
        assertThat(complaint(head.formatted("200 OK", 9_000_000) + "x".repeat(5_000_000)))
                .contains("more than 4194304 bytes");
        assertThat(complaint(head.formatted("503 No", 0))).contains("httpd answered 503");
        assertThat(complaint(head.formatted("404 No", 0))).contains("SetHandler balancer-manager");
        assertThat(complaint("HTTP/1.1 302 Go\r\nLocation: /login\r\nContent-Length: 0\r\n\r\n"))
                .contains("redirects to /login");
        assertThat(complaint("nonsense\r\n\r\n")).contains("cannot reach");
        assertThat(complaint("")).contains("did not answer within");
        assertThat(complaint("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"))
                .contains("did not answer within");
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void anHttpsManagerIsTrustedIfTheTrustStoreHasIt(@TempDir Path directory) throws Exception {
        Path key = directory.resolve("key.pem");
        Path certificate = directory.resolve("cert.pem");
        makeCertificate(key, certificate);
        String tls =
                """
                LoadModule socache_shmcb_module %1$s/mod_socache_shmcb.so
                LoadModule ssl_module %1$s/mod_ssl.so
                SSLEngine on
                SSLCertificateFile %2$s
                SSLCertificateKeyFile %3$s
                """
                        .formatted(Httpd.modules(), certificate, key);
        try (var front = new FrontEnd(directory, tls + FrontEnd.declared(1))) {
            URI url = URI.create("https://127.0.0.1:" + front.port + "/balancer-manager");
            assertThatThrownBy(() -> manager(url, null, null).read())
                    .hasMessageContaining("-Djavax.net.ssl.trustStore=FILE");

            SSLContext before = SSLContext.getDefault();
            SSLContext.setDefault(trusting(certificate));
            try {
                assertThat(manager(url, null, null).read().members()).hasSize(1);
            } finally {
                SSLContext.setDefault(before);
            }
        }
    }

    /** What is said of a peer that answers {@code text} and then stays silent for a while. */
    private static String complaint(String text) throws IOException, InterruptedException {
        try (var socket = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            var peer = new Thread(() -> answer(socket, text));
            peer.start();
            URI url = URI.create("http://127.0.0.1:" + socket.getLocalPort() + "/bm");
            var config =
                    new BalancerConfig(url, "app", Protocol.HTTP, Membership.STATIC, null, null);
            try {
                new BalancerManager(config, Duration.ofSeconds(2)).read();
            } catch (BalancerException e) {
                return String.valueOf(e.getMessage());
            } finally {
                socket.close();
                peer.interrupt();
                peer.join();
            }
        }
        throw new AssertionError("was taken for balancer-manager: " + text);
    }

    private static void answer(ServerSocket socket, String text) {
        try (var connection = socket.accept()) {
            connection.setSoTimeout(4000);
            InputStream in = connection.getInputStream();
            assertThat(in.read(new byte[4096])).isPositive();
            connection.getOutputStream().write(text.getBytes(UTF_8));
            if (text.contains("Connection: close")) {
                return;
            }
            while (in.read() >= 0) {
                // until the other side, or time, gives up
            }
        } catch (IOException e) {
            // the other side had enough
        }
    }

    private static void makeCertificate(Path key, Path certificate) throws Exception {
        Process openssl =
                new ProcessBuilder(
                                "openssl",
                                "req",
                                "-x509",
                                "-newkey",
                                "rsa:2048",
                                "-nodes",
                                "-days",
                                "2",
                                "-subj",
                                "/CN=127.0.0.1",
                                "-addext",
                                "subjectAltName=IP:127.0.0.1",
                                "-keyout",
                                key.toString(),
                                "-out",
                                certificate.toString())
                        .redirectErrorStream(true)
                        .start();
        String output = new String(openssl.getInputStream().readAllBytes(), UTF_8);
        assertThat(openssl.waitFor()).as(output).isZero();
    }

    private static SSLContext trusting(Path certificate) throws Exception {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        try (InputStream in = Files.newInputStream(certificate)) {
            store.setCertificateEntry(
                    "httpd", CertificateFactory.getInstance("X.509").generateCertificate(in));
        }
        var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return context;
    }

    private static BalancerMember only(Balancer balancer) {
        assertThat(balancer.members()).hasSize(1);
        return balancer.members().get(0);
    }

    private static BalancerManager manager(FrontEnd front) {
        return manager(front.url("/balancer-manager"), null, null);
    }

    private static BalancerManager manager(
            URI url, @Nullable String user, @Nullable Path passwordFile) {
        return new BalancerManager(
                new BalancerConfig(
                        url, "app", Protocol.HTTP, Membership.STATIC, user, passwordFile));
    }
}
