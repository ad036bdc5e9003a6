package io.backpool.proxyconf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.backpool.testkit.Backend;
import io.backpool.testkit.Httpd;
import io.backpool.testkit.Ports;
import io.backpool.testkit.ServerProcess;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** The files of {@code apache-conf/}, pasted beside a site that is there already. */
class ApacheSamplesIT {
    private static final Path SAMPLES = Path.of("apache-conf");
    private static final String PASSWORD = "changeit";

    @TempDir static Path directory;
    private static int pool;
    private static ServerProcess members;

    @BeforeAll
    static void start() throws Exception {
        pool = Ports.free(TestPool.ports(2));
        members = TestPool.start(directory, pool, 2, ProxyConfIT.secret(directory));
        Files.createDirectory(directory.resolve("tls"));
        openssl(
                "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=clients-ca"
                        + " -keyout clients-ca.key -out clients-ca.pem");
        openssl(
                "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost"
                        + " -addext subjectAltName=DNS:localhost,IP:127.0.0.1"
                        + " -keyout server.key -out server.pem");
        openssl("req -newkey rsa:2048 -nodes -subj /CN=alice -keyout alice.key -out alice.csr");
        openssl(
                "x509 -req -in alice.csr -CA clients-ca.pem -CAkey clients-ca.key"
                        + " -CAcreateserial -days 2 -out alice.pem");
        openssl(
                "pkcs12 -export -in alice.pem -inkey alice.key -out alice.p12 -passout pass:"
                        + PASSWORD);
    }

    @AfterAll
    static void stop() {
        members.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"http.conf", "ajp.conf", "h2c.conf", "jk.conf"})
    void aSampleServesBesideTheSiteThatIsThere(String sample) throws Exception {
        try (var site = Site.start(sample)) {
            Set<String> routes = new HashSet<>();
            for (int i = 0; i < 20; i++) {
                routes.add(Client.whoami(site.url()).get("route").asString());
            }
            assertThat(routes).containsExactlyInAnyOrder("m1", "m2");
            for (int i = 0; i < 10; i++) {
                JsonNode seen = Client.whoami(site.url(), "Cookie", "JSESSIONID=abc.m2");
                assertThat(seen.get("route").asString()).isEqualTo("m2");
            }
            assertThat(Client.whoami(site.url(), "X-Forwarded-For", "forged").toString())
                    .doesNotContain("forged");
            // The site that was there has no pool behind it.
            assertThat(Client.get("http://127.0.0.1:" + site.old + "/x").statusCode())
                    .isGreaterThanOrEqualTo(403);
        }
    }

    @Test
    void aPoolJoinsBesideTheSiteThatIsThere() throws Exception {
        Path home = Files.createDirectory(directory.resolve("joining"));
        try (var site = Site.start("http-join.conf");
                var ignored = Backend.start(home, 2, "--balancer=" + site.manager())) {
            await().until(() -> Client.get(site.url()).statusCode() == 200);
            Set<String> routes = new HashSet<>();
            for (int i = 0; i < 20; i++) {
                routes.add(Client.whoami(site.url() + "whoami").get("route").asString());
            }
            assertThat(routes).containsExactlyInAnyOrder("m1", "m2");
            assertThat(Client.get("http://127.0.0.1:" + site.old + "/x").statusCode())
                    .isGreaterThanOrEqualTo(403);
        }
    }

    @Test
    void withoutAModuleTheSampleSaysWhatToDo() throws Exception {
        Path home = Files.createTempDirectory(directory, "bare");
        Path conf = home.resolve("httpd.conf");
        Files.writeString(
                conf,
                Httpd.base(home, Ports.free()).replaceAll("(?m)^.*proxy_hcheck.*$", "")
                        + "LoadModule unique_id_module %s/mod_unique_id.so%n"
                                .formatted(Httpd.modules())
                        + Files.readString(SAMPLES.resolve("http.conf")));

        assertThatThrownBy(() -> Httpd.check(conf)).hasMessageContaining("a2enmod proxy_hcheck");
    }

    @ParameterizedTest
    @ValueSource(strings = {"http.conf", "ajp.conf"})
    void aClientCertificateReachesTheMember(String sample) throws Exception {
        try (var site = Site.start(sample, "tls-client-cert.conf")) {
            JsonNode alice =
                    Client.json(Client.get(tls(true), site.tlsUrl(), "SSL_CIPHER", "forged"));
            JsonNode nobody =
                    Client.json(Client.get(tls(false), site.tlsUrl(), "SSL_CLIENT_CERT", "forged"));

            assertThat(alice.toString()).doesNotContain("forged", "(null)");
            assertThat(nobody.toString()).doesNotContain("forged", "(null)", "ssl_client_cert");
            assertThat(alice.get("scheme").asString()).isEqualTo("https");
            assertThat(alice.get("subject").asString()).isEqualTo("CN=alice");
            if (sample.equals("http.conf")) {
                JsonNode headers = alice.get("headers");
                assertThat(headers.get("x-forwarded-proto").get(0).asString()).isEqualTo("https");
                assertThat(headers.get("ssl_client_cert").get(0).asString())
                        .startsWith("-----BEGIN CERTIFICATE-----");
                assertThat(headers.get("ssl_cipher").get(0).asString()).contains("AES");
                assertThat(headers.get("ssl_protocol").get(0).asString()).isEqualTo("TLSv1.3");
                assertThat(headers.get("ssl_cipher_usekeysize").get(0).asString()).isEqualTo("256");
            }
        }
    }

    private static HttpClient tls(boolean certificate) throws Exception {
        var context = SSLContext.getInstance("TLS");
        var keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(store("alice.p12"), PASSWORD.toCharArray());
        var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted("server.pem"));
        context.init(certificate ? keys.getKeyManagers() : null, trust.getTrustManagers(), null);
        return HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .sslContext(context)
                .build();
    }

    private static KeyStore store(String file) throws Exception {
        var store = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(directory.resolve("tls").resolve(file))) {
            store.load(in, PASSWORD.toCharArray());
        }
        return store;
    }

    private static KeyStore trusted(String file) throws Exception {
        var store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        try (InputStream in = Files.newInputStream(directory.resolve("tls").resolve(file))) {
            store.setCertificateEntry(
                    file, CertificateFactory.getInstance("X.509").generateCertificate(in));
        }
        return store;
    }

    private static void openssl(String arguments) throws Exception {
        Process process =
                new ProcessBuilder(
                                Stream.concat(Stream.of("openssl"), Stream.of(arguments.split(" ")))
                                        .toList())
                        .directory(directory.resolve("tls").toFile())
                        .redirectErrorStream(true)
                        .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
    }

    /** A distribution's httpd with a site of its own and samples pasted in. */
    private static final class Site implements AutoCloseable {
        private final int first = Ports.free(4);
        private final int old = first + 3;
        private final Httpd httpd;

        private Site(List<String> samples) throws IOException {
            Path home = Files.createTempDirectory(directory, "httpd");
            Files.createDirectory(home.resolve("logs"));
            var text = new StringBuilder(Httpd.base(home, old));
            // mod_jk does not start without a worker of its own.
            Stream.of("unique_id", "rewrite", "socache_shmcb", "ssl", "jk")
                    .filter(module -> !module.equals("jk") || samples.contains("jk.conf"))
                    .map(
                            module ->
                                    "LoadModule %1$s_module %2$s/mod_%1$s.so%n"
                                            .formatted(module, Httpd.modules()))
                    .forEach(text::append);
            text.append("<VirtualHost *:%d>%n</VirtualHost>%n".formatted(old));
            for (String sample : samples) {
                text.append(moved(Files.readString(SAMPLES.resolve(sample)), samples));
            }
            if (samples.contains("tls-client-cert.conf")) {
                text.append("Listen 127.0.0.1:%d%n".formatted(first + 2));
            }
            Path workers = directory.resolve("workers.properties");
            Files.writeString(
                    workers,
                    moved(Files.readString(SAMPLES.resolve("workers.properties")), samples));
            Path conf = Files.writeString(home.resolve("httpd.conf"), text);
            Httpd.check(conf);
            httpd = Httpd.start(home, conf, first);
        }

        static Site start(String... samples) throws IOException {
            return new Site(List.of(samples));
        }

        /** The sample with this test's ports and folder, and AJP's lines of the TLS sample. */
        private String moved(String sample, List<String> samples) {
            String text =
                    sample.replace("8080", "" + first)
                            .replace("9980", "" + (first + 1))
                            .replace(":443", ":" + (first + 2))
                            .replace("8081", "" + pool)
                            .replace("8082", "" + (pool + 1))
                            .replace("8009", "" + (pool + 2))
                            .replace("8010", "" + (pool + 3))
                            .replace("/etc/backpool", directory.toString());
            return samples.contains("ajp.conf")
                    ? text.replaceAll("#(SSLOptions|SetEnv)", "$1")
                    : text;
        }

        String url() {
            return "http://127.0.0.1:" + first + "/";
        }

        String manager() {
            return "http://127.0.0.1:" + (first + 1) + "/balancer-manager,membership=join";
        }

        String tlsUrl() {
            return "https://127.0.0.1:" + (first + 2) + "/";
        }

        @Override
        public void close() {
            httpd.close();
        }
    }
}
