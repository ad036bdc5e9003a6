package io.backpool.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.backpool.testkit.Httpd;
import io.backpool.testkit.Ports;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Base64;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The same facts over HTTP and AJP through the real httpd, with TLS, a certificate and a user. */
class TrustThroughHttpdIT {
    @TempDir static Path directory;

    private static TestMember member;
    private static Httpd httpd;
    private static int plain;
    private static int tls;
    private static HttpClient client;

    @BeforeAll
    static void open() throws Exception {
        member = TestMember.open(Map.of(), TestMember::tellFacts);
        plain = Ports.free(2);
        tls = plain + 1;
        var pair = TlsPair.make(directory);
        Files.writeString(
                directory.resolve("users"),
                "alice:{SHA}" + Base64.getEncoder().encodeToString(sha1("secret")) + "\n");
        // httpd's children are nobody where the test is root.
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        httpd = Httpd.start(directory, configuration(), plain);
        client = HttpClient.newBuilder().sslContext(pair.context()).build();
    }

    @AfterAll
    static void close() {
        httpd.close();
        member.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/http/", "/ajp/"})
    void theClientIsTheOneWhoSpeaksToHttpd(String path) throws Exception {
        String facts =
                get(
                        "http://localhost:" + plain + path,
                        "X-Forwarded-For",
                        "6.6.6.6",
                        "X-Forwarded-Proto",
                        "https",
                        "Forwarded",
                        "for=6.6.6.6",
                        "SSL_CIPHER",
                        "forged",
                        "SSL_CLIENT_CERT",
                        "forged");

        assertThat(facts)
                .contains("client=127.0.0.1\n", "scheme=http\n", "host=localhost:" + plain + "\n")
                .contains("tls=null\n", "user=null\n")
                .doesNotContain("6.6.6.6", "forged");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/http/", "/ajp/"})
    void tlsAndTheClientsCertificateArrive(String path) throws Exception {
        String facts = get("https://localhost:" + tls + path);

        assertThat(facts)
                .contains("client=127.0.0.1\n", "scheme=https\n", "host=localhost:" + tls + "\n")
                .contains("tls=TLSv1.2\n", "bits=256\n", "subject=CN=localhost\n")
                .containsPattern("cipher=[A-Z0-9-]*AES256[A-Z0-9-]*\n");
    }

    @Test
    void theUserThatHttpdKnowsArrivesOverAjp() throws Exception {
        String credentials =
                Base64.getEncoder()
                        .encodeToString("alice:secret".getBytes(StandardCharsets.US_ASCII));

        String facts =
                get(
                        "http://localhost:" + plain + "/ajp/private/",
                        "Authorization",
                        "Basic " + credentials);

        assertThat(facts).contains("user=alice\n", "auth=Basic\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/http/", "/ajp/"})
    void theRequestIdIsHttpdsUniqueId(String path) throws Exception {
        String facts = get("http://localhost:" + plain + path, "X-Request-ID", "forged");

        assertThat(facts).containsPattern("\nid=[A-Za-z0-9@_-]{24,}\n").doesNotContain("forged");
    }

    private static String get(String uri, String... headers) throws Exception {
        var request = HttpRequest.newBuilder(URI.create(uri));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return client.send(request.build(), BodyHandlers.ofString()).body();
    }

    private static String configuration() {
        String proxied =
                """
                  ProxyPreserveHost On
                  RequestHeader unset X-Forwarded-For early
                  RequestHeader unset X-Forwarded-Host early
                  RequestHeader unset Forwarded early
                  RequestHeader set X-Request-ID "%%{UNIQUE_ID}e"
                  RequestHeader set X-Forwarded-Proto expr=%%{REQUEST_SCHEME}
                  RequestHeader set SSL_CIPHER "%%{SSL_CIPHER}s"
                  RequestHeader set SSL_PROTOCOL "%%{SSL_PROTOCOL}s"
                  RequestHeader set SSL_SESSION_ID "%%{SSL_SESSION_ID}s"
                  RequestHeader set SSL_CIPHER_USEKEYSIZE "%%{SSL_CIPHER_USEKEYSIZE}s"
                  RequestHeader set SSL_CLIENT_CERT "%%{SSL_CLIENT_CERT}s"
                  ProxyPass /http/ http://127.0.0.1:%d/
                  ProxyPass /ajp/ ajp://127.0.0.1:%d/ secret=%s
                """
                        .formatted(member.httpPort(), member.ajpPort(), TestMember.SECRET);
        return Httpd.base(directory, plain)
                + """
                LoadModule ssl_module %2$s/mod_ssl.so
                LoadModule unique_id_module %2$s/mod_unique_id.so
                LoadModule auth_basic_module %2$s/mod_auth_basic.so
                LoadModule authn_core_module %2$s/mod_authn_core.so
                LoadModule authn_file_module %2$s/mod_authn_file.so
                LoadModule authz_user_module %2$s/mod_authz_user.so
                Listen 127.0.0.1:%3$d
                ProxyIOBufferSize 65536
                <LocationMatch ^/[a-z]+/private>
                  AuthType Basic
                  AuthName test
                  AuthBasicProvider file
                  AuthUserFile %1$s/users
                  Require valid-user
                </LocationMatch>
                <VirtualHost *:%4$d>
                %5$s
                </VirtualHost>
                <VirtualHost *:%3$d>
                  SSLEngine On
                  SSLProtocol -all +TLSv1.2
                  SSLCipherSuite ECDHE-RSA-AES256-GCM-SHA384
                  SSLCertificateFile %1$s/cert.pem
                  SSLCertificateKeyFile %1$s/key.pem
                  SSLCACertificateFile %1$s/cert.pem
                  SSLVerifyClient optional
                  SSLOptions +StdEnvVars +ExportCertData
                %5$s
                </VirtualHost>
                """
                        .formatted(directory, Httpd.modules(), tls, plain, proxied);
    }

    private static byte[] sha1(String text) throws Exception {
        return java.security.MessageDigest.getInstance("SHA-1")
                .digest(text.getBytes(StandardCharsets.US_ASCII));
    }
}
