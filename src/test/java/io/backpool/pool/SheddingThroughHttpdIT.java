package io.backpool.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.backpool.balancer.BalancerManager;
import io.backpool.balancer.BalancerMember;
import io.backpool.balancer.MemberStatus;
import io.backpool.config.BalancerConfig;
import io.backpool.config.BalancerConfig.Membership;
import io.backpool.config.BalancerConfig.Protocol;
import io.backpool.testkit.Backend;
import io.backpool.testkit.Command;
import io.backpool.testkit.Httpd;
import io.backpool.testkit.Ports;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A member that has far more work than it can do, behind the httpd that it printed. */
class SheddingThroughHttpdIT {
    private static final int ROUNDS = 8;
    private static final int AT_ONCE = 30;

    @TempDir Path directory;

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    /** One works, one waits: 28 of 30 are sent away, and nothing else changes. */
    @ParameterizedTest
    @EnumSource(
            value = Protocol.class,
            names = {"HTTP", "AJP"})
    void shedRequestsGet503WithRetryAfterAndTheMemberStaysOk(Protocol protocol) throws Exception {
        int port = Ports.free(2);
        try (Backend pool =
                        Backend.start(
                                directory,
                                1,
                                "--limits-concurrency=1",
                                "--limits-queue=1",
                                "--access-log-file=access.log");
                Httpd httpd = httpd(pool, protocol, port)) {
            assertThat(httpd.process().isAlive()).isTrue();
            var manager = new BalancerManager(manager(protocol, port + 1));
            int served = 0;
            int shed = 0;
            for (int round = 0; round < ROUNDS; round++) {
                List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
                for (int i = 0; i < AT_ONCE; i++) {
                    answers.add(get(port, "/sleep?for=300ms"));
                }
                while (!answers.stream().allMatch(CompletableFuture::isDone)) {
                    assertThatNothingElseIsTouched(pool, manager, port);
                }
                for (var answer : answers) {
                    HttpResponse<String> got = answer.get();
                    assertThat(got.statusCode()).as(got.body()).isIn(200, 503);
                    if (got.statusCode() == 503) {
                        shed++;
                        assertThat(got.headers().firstValue("Retry-After")).contains("1");
                        assertThat(got.body()).contains("try again in 1 s");
                    } else {
                        served++;
                    }
                }
            }
            assertThat(served).isGreaterThanOrEqualTo(ROUNDS);
            assertThat(shed).isGreaterThanOrEqualTo(ROUNDS);
            assertThat(pool.admin("/metrics").body())
                    .contains("backpool_admission_total{member=\"m1\",outcome=\"shed\"} " + shed)
                    .contains(
                            "backpool_admission_shed_total{limit=\"limits.queue\",member=\"m1\"}");
            assertThat(pool.admin("/status.json").body()).contains("\"shed\":" + shed);
            assertThat(get(port, "/status/503").get().statusCode()).isEqualTo(503);
            assertThatTheLogTellsThemApart(shed);
        }
    }

    /** The application's own 503, too. */
    private void assertThatTheLogTellsThemApart(int shed) {
        await().atMost(Duration.ofSeconds(20))
                .untilAsserted(
                        () -> {
                            List<String> lines =
                                    Files.readAllLines(directory.resolve("access.log"));
                            assertThat(lines)
                                    .filteredOn(line -> line.contains("\" 503 "))
                                    .hasSize(shed + 1);
                            assertThat(lines)
                                    .filteredOn(
                                            line ->
                                                    line.matches(
                                                            ".* shed=limits[.](queue|concurrency)"))
                                    .hasSize(shed);
                        });
    }

    private void assertThatNothingElseIsTouched(Backend pool, BalancerManager manager, int port)
            throws Exception {
        BalancerMember member = manager.read().members().get(0);
        assertThat(member.status()).containsExactlyInAnyOrder(MemberStatus.INIT, MemberStatus.OK);
        assertThat(pool.get(1, "/health/ready").statusCode()).isEqualTo(200);
        assertThat(get(port, "/health/ready").get().statusCode()).isEqualTo(200);
        assertThat(pool.status("/health/ready?all")).isEqualTo(200);
        assertThat(pool.status("/metrics")).isEqualTo(200);
        // What runs on the event loops is not admitted, so not shed.
        assertThat(get(port, "/").get().body()).isEqualTo("Hello, World!");
    }

    private CompletableFuture<HttpResponse<String>> get(int port, String path) {
        URI uri = URI.create("http://127.0.0.1:" + port + path);
        return client.sendAsync(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString());
    }

    private static BalancerConfig manager(Protocol protocol, int port) {
        URI url = URI.create("http://127.0.0.1:" + port + "/balancer-manager");
        return new BalancerConfig(url, "app", protocol, Membership.STATIC, null, null);
    }

    private Httpd httpd(Backend pool, Protocol protocol, int port) {
        List<String> conf = Backend.command("conf", "apache", "--standalone");
        conf.addAll(pool.settings());
        conf.addAll(
                List.of(
                        "--protocol=" + protocol.name().toLowerCase(Locale.ROOT),
                        "--listen=" + port,
                        "--manager-port=" + (port + 1),
                        "--dir=" + directory.resolve("httpd")));
        Command printed = Command.run(directory, conf);
        assertThat(printed.exit()).as(printed.output()).isZero();
        return Httpd.start(directory, printed.output(), port);
    }
}
