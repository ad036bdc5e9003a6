package io.backpool.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.backpool.testkit.AppJar;
import io.backpool.testkit.Backend;
import io.backpool.testkit.Command;
import io.backpool.testkit.Httpd;
import io.backpool.testkit.Ports;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An application that says by itself whether it can serve, behind the real httpd. */
class ReadinessIT {
    private static final String APPLICATION =
            """
            package demo;

            import io.backpool.app.Application;
            import io.backpool.app.Services;
            import io.backpool.exchange.RequestFacts;
            import io.undertow.server.HttpHandler;
            import java.util.concurrent.atomic.AtomicBoolean;

            public final class App implements Application {
                private final AtomicBoolean ready = new AtomicBoolean(true);

                @Override
                public HttpHandler start(Services services) {
                    services.readiness("warm-up", ready::get);
                    services.onDrain(
                            route -> System.out.println("ends: " + route));
                    return exchange -> {
                        switch (exchange.getRelativePath()) {
                            case "/sick" -> ready.set(false);
                            case "/well" -> ready.set(true);
                            default -> {}
                        }
                        exchange.getResponseSender().send(RequestFacts.of(exchange).route());
                    };
                }
            }
            """;

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    @TempDir private Path directory;
    private final int port = Ports.free(2);
    private final int declared = Ports.free(8);
    private final String balancer =
            "--balancer=http://127.0.0.1:%d/balancer-manager,membership=join".formatted(port + 1);

    private Path jar() throws IOException {
        return AppJar.make(directory, "app.jar", List.of("demo.App"), APPLICATION);
    }

    private Httpd httpd() {
        return Httpd.printed(directory, port, List.of(balancer), "--http-port=" + declared);
    }

    /** Who answers, or with which status. */
    private Set<String> answers() throws IOException, InterruptedException {
        Set<String> found = new TreeSet<>();
        var request =
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:%d/".formatted(port))).build();
        for (int i = 0; i < 20; i++) {
            HttpResponse<String> answer = client.send(request, BodyHandlers.ofString());
            found.add(answer.statusCode() == 200 ? answer.body() : "" + answer.statusCode());
        }
        return found;
    }

    private static void awaitState(Backend pool, String route, String state) {
        await().atMost(Duration.ofSeconds(30))
                .until(
                        () ->
                                pool.admin("/metrics")
                                        .body()
                                        .contains(
                                                "backpool_member_state{member=\"%s\",state=\"%s\"} 1"
                                                        .formatted(route, state)));
    }

    @Test
    void aMemberThatSaysThatItCantServeGetsNothingUntilItSaysThatItCan() throws IOException {
        try (Httpd ignored = httpd();
                Backend pool =
                        Backend.start(
                                directory, 2, "--processes", "--app-jar=" + jar(), balancer)) {
            await().until(() -> answers().equals(Set.of("m1", "m2")));
            pool.get(2, "/sick");
            awaitState(pool, "m2", "unready");
            await().until(() -> answers().equals(Set.of("m1")));
            assertThat(pool.get(2, "/health/ready").statusCode()).isEqualTo(503);
            assertThat(pool.admin("/status.json").body())
                    .contains("m2 gets no requests: its application says that it is not ready");
            pool.get(2, "/well");
            awaitState(pool, "m2", "serving");
            await().until(() -> answers().equals(Set.of("m1", "m2")));
            assertThat(pool.process().log())
                    .contains("m2 | ")
                    .contains("not ready: warm-up says so")
                    .doesNotContain("ends: m2");
            Command drain =
                    Command.run(
                            directory,
                            Backend.command("drain", "m2", "--admin-port=" + pool.adminPort()));
            assertThat(drain.exit()).as(drain.output()).isZero();
            pool.process().awaitLog("ends: m2");
        }
    }

    @Test
    void membersOfOneJvmSayItTogether() throws IOException {
        try (Httpd ignored = httpd();
                Backend pool = Backend.start(directory, 2, "--app-jar=" + jar(), balancer)) {
            await().until(() -> answers().equals(Set.of("m1", "m2")));
            pool.get(2, "/sick");
            await().until(() -> answers().equals(Set.of("503")));
            pool.get(1, "/well");
            await().until(() -> answers().equals(Set.of("m1", "m2")));
        }
    }
}
