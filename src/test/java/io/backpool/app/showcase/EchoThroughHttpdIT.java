package io.backpool.app.showcase;

import static org.assertj.core.api.Assertions.assertThat;

import io.backpool.testkit.Backend;
import io.backpool.testkit.Httpd;
import io.backpool.testkit.Ports;
import java.io.ByteArrayInputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Large bodies echoed through httpd, which over HTTP sends all of a body before it reads the
 * answer; Java's client does so too.
 */
@SuppressWarnings("NullAway.Init")
class EchoThroughHttpdIT {
    private static final int LARGE = 16_000_000;
    private static final HttpClient CLIENT =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private static Backend backend;
    private static Httpd httpd;
    private static int port;

    @BeforeAll
    static void start(@TempDir Path directory) throws Exception {
        backend = Backend.start(directory, 1);
        port = Ports.free();
        Path own = Files.createDirectory(directory.resolve("httpd"));
        String conf =
                Httpd.base(own, port)
                        + """
                        Include %s
                        ProxyIOBufferSize 65536
                        ProxyTimeout 60
                        ProxyPass /http/ http://127.0.0.1:%d/
                        ProxyPass /ajp/ ajp://127.0.0.1:%d/ secret=${BACKPOOL_AJP_SECRET}
                        ProxyPass /h2c/ h2c://127.0.0.1:%d/
                        """
                                .formatted(
                                        directory.resolve("data/ajp-secret.conf"),
                                        backend.httpPort(1),
                                        backend.ajpPort(1),
                                        backend.httpPort(1));
        httpd = Httpd.start(own, conf, port);
    }

    @AfterAll
    static void stop() {
        httpd.close();
        backend.close();
    }

    @ParameterizedTest
    @CsvSource({"http, false", "http, true", "ajp, false", "ajp, true", "h2c, false", "h2c, true"})
    void aLargeBodyComesBack(String protocol, boolean chunked) throws Exception {
        byte[] body = new byte[LARGE];
        new Random(1).nextBytes(body);
        BodyPublisher publisher =
                chunked
                        ? BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(body))
                        : BodyPublishers.ofByteArray(body);
        HttpRequest request =
                HttpRequest.newBuilder(
                                URI.create("http://127.0.0.1:" + port + "/" + protocol + "/echo"))
                        .timeout(Duration.ofSeconds(60))
                        .POST(publisher)
                        .build();

        HttpResponse<byte[]> answer = CLIENT.send(request, BodyHandlers.ofByteArray());

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body()).isEqualTo(body);
    }
}
