package io.backpool.doctor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.backpool.testkit.Backend;
import io.backpool.testkit.Httpd;
import io.backpool.testkit.ManagerForm;
import io.backpool.testkit.Ports;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Each code of httpd's error log that the doctor explains, provoked on the real httpd. */
@Timeout(value = 3, unit = TimeUnit.MINUTES)
class ErrorLogIT {
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    @TempDir Path directory;
    private int port;
    private Path log = Path.of("");

    @Test
    void httpdWritesEachCodeForWhatTheDoctorSaysOfIt() throws Exception {
        port = Ports.free();
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwxrwx"));
        try (Backend pool = Backend.start(Files.createDirectory(directory.resolve("pool")), 1);
                Httpd httpd = Httpd.start(directory, conf(pool), port)) {
            log = httpd.errorLog();
            ask("/wrong-secret/");
            awaitCodes("AH00992", "AH00878");
            ask("/no-socket/");
            awaitCodes("AH02454");
            ask("/nobody/");
            awaitCodes("AH01171");
            ask("/gone/");
            awaitCodes("AH00957", "AH00959", "AH01114");
            ask("/gone/");
            awaitCodes("AH01170");
            ask("/joined/a%3Fb");
            awaitCodes("AH10508");
            add("not-a-url");
            awaitCodes("AH10163");
            add("http://127.0.0.1:1");
            add("http://127.0.0.1:2");
            awaitCodes("AH10164");
            // Every thread of httpd is busy.
            for (int i = 0; i < 4; i++) {
                begin("/app/sleep?for=20s");
            }
            awaitCodes("AH00484");
            pool.process().signal("KILL");
            awaitCodes("AH01102", "AH00898");

            assertThat(ErrorLog.examine(log, Instant.EPOCH))
                    .extracting(Finding::id)
                    .containsExactlyInAnyOrderElementsOf(
                            ErrorLog.explanations().map(Explanation::id).toList());
        }
    }

    private String conf(Backend pool) {
        return Httpd.base(directory, port)
                + """
                LoadModule rewrite_module %1$s/mod_rewrite.so
                ServerLimit 1
                ThreadsPerChild 3
                MaxRequestWorkers 3
                <Proxy balancer://app>
                  BalancerMember http://127.0.0.1:%2$d
                </Proxy>
                ProxyPass /app/ balancer://app/
                <Proxy balancer://gone>
                  BalancerMember http://127.0.0.1:1 retry=600
                  ProxySet forcerecovery=Off
                </Proxy>
                ProxyPass /gone/ balancer://gone/
                <Proxy balancer://wrong-secret>
                  BalancerMember ajp://127.0.0.1:%3$d secret=nobody-knows-this
                </Proxy>
                ProxyPass /wrong-secret/ balancer://wrong-secret/
                <Proxy balancer://no-socket>
                  BalancerMember unix:%4$s/no-socket|http://localhost
                </Proxy>
                ProxyPass /no-socket/ balancer://no-socket/
                <Proxy balancer://nobody>
                  ProxySet growth=1
                </Proxy>
                ProxyPass /nobody/ balancer://nobody/
                RewriteEngine On
                RewriteRule "^/joined/(.*)$" "balancer://nobody/$1" [P]
                <Location /balancer-manager>
                  SetHandler balancer-manager
                </Location>
                """
                        .formatted(Httpd.modules(), pool.httpPort(1), pool.ajpPort(1), directory);
    }

    private void awaitCodes(String... codes) {
        await().untilAsserted(() -> assertThat(Files.readString(log)).contains(codes));
    }

    private void add(String member) {
        ManagerForm.add(uri("/balancer-manager"), "nobody", member);
    }

    private void ask(String path) throws Exception {
        HTTP.send(request(path), BodyHandlers.discarding());
    }

    private void begin(String path) {
        var unused = HTTP.sendAsync(request(path), BodyHandlers.discarding());
    }

    private HttpRequest request(String path) {
        return HttpRequest.newBuilder(uri(path)).timeout(Duration.ofSeconds(30)).build();
    }

    private URI uri(String path) {
        return URI.create("http://127.0.0.1:" + port + path);
    }
}
