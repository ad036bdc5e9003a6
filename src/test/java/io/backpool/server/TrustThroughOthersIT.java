package io.backpool.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.backpool.testkit.Ports;
import io.backpool.testkit.ServerProcess;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The client's certificate in the forms that Nginx and HAProxy can write it in. */
class TrustThroughOthersIT {
    @TempDir Path directory;

    private final int port = Ports.free();

    @Test
    void nginxEscapesTheCertificate() throws Exception {
        assertThatTheCertificateArrives(
                """
                daemon off;
                pid %1$s/nginx.pid;
                error_log %1$s/nginx-error.log;
                events {}
                http {
                  access_log off;
                  client_body_temp_path %1$s/body;
                  proxy_temp_path %1$s/proxy;
                  fastcgi_temp_path %1$s/fastcgi;
                  uwsgi_temp_path %1$s/uwsgi;
                  scgi_temp_path %1$s/scgi;
                  server {
                    listen 127.0.0.1:%2$d ssl;
                    ssl_protocols TLSv1.2;
                    ssl_certificate %1$s/cert.pem;
                    ssl_certificate_key %1$s/key.pem;
                    ssl_client_certificate %1$s/cert.pem;
                    ssl_verify_client optional;
                    location / {
                      proxy_pass http://127.0.0.1:%3$d;
                      proxy_set_header SSL_CIPHER $ssl_cipher;
                      proxy_set_header SSL_PROTOCOL $ssl_protocol;
                      proxy_set_header SSL_CLIENT_CERT $ssl_client_escaped_cert;
                    }
                  }
                }
                """,
                "nginx", "-c");
    }

    @Test
    void haproxySendsItAsBase64() throws Exception {
        assertThatTheCertificateArrives(
                """
                defaults
                  mode http
                  timeout connect 5s
                  timeout client 30s
                  timeout server 30s
                listen test
                  bind 127.0.0.1:%2$d ssl crt %1$s/both.pem ca-file %1$s/cert.pem verify optional ssl-max-ver TLSv1.2
                  http-request set-header SSL_CIPHER %%[ssl_fc_cipher]
                  http-request set-header SSL_PROTOCOL %%[ssl_fc_protocol]
                  http-request set-header SSL_CLIENT_CERT %%[ssl_c_der,base64]
                  server m1 127.0.0.1:%3$d
                """,
                "haproxy", "-f");
    }

    private void assertThatTheCertificateArrives(String text, String program, String flag)
            throws Exception {
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        var pair = TlsPair.make(directory);
        try (var member = TestMember.open(Map.of(), TestMember::tellFacts)) {
            Path conf =
                    Files.writeString(
                            directory.resolve("front.conf"),
                            text.formatted(directory, port, member.httpPort()));
            try (var front =
                    ServerProcess.start(
                            directory,
                            directory.resolve("front.log"),
                            Map.of(),
                            List.of(ServerProcess.program(program), flag, conf.toString()))) {
                front.awaitPort(port);
                HttpClient client = HttpClient.newBuilder().sslContext(pair.context()).build();
                URI uri = URI.create("https://localhost:" + port + "/");
                String facts =
                        client.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString())
                                .body();

                assertThat(facts)
                        .contains("tls=TLSv1.2\n", "scheme=https\n", "subject=CN=localhost\n")
                        .containsPattern("cipher=[A-Z0-9-]+\n");
            }
        }
    }
}
