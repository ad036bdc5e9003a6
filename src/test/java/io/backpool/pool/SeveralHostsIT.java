package io.backpool.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.backpool.testkit.Backend;
import io.backpool.testkit.Command;
import io.backpool.testkit.Httpd;
import io.backpool.testkit.Ports;
import io.backpool.testkit.ServerProcess;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Pools at two addresses, and httpd at a third one, on what {@code conf apache --host} prints. */
class SeveralHostsIT {
    private static final List<String> HOSTS = List.of("127.0.0.2", "127.0.0.3");
    private static final String MANAGER = "127.0.0.4";

    @TempDir Path directory;
    private final int first = Ports.free(6);
    private final List<String> settings = new ArrayList<>();

    @ParameterizedTest
    @ValueSource(strings = {"static", "join"})
    void membersOfBothServe(String membership) throws Exception {
        int port = first + 4;
        settings.addAll(
                List.of(
                        "--members=2",
                        "--ajp-port=0",
                        "--http-port=" + first,
                        "--balancer=http://%s:%d/balancer-manager,membership=%s"
                                .formatted(MANAGER, port + 1, membership)));
        Path own = Files.createDirectory(directory.resolve("httpd"));
        List<String> conf = Backend.command("conf", "apache", "--standalone", "--dir=" + own);
        conf.addAll(settings);
        conf.addAll(
                List.of(
                        "--listen=127.0.0.1:" + port,
                        "--host=" + String.join(",", HOSTS),
                        "--manager-listen=%s:%d".formatted(MANAGER, port + 1),
                        "--manager-allow=127.0.0.0/8"));
        Command printed = Command.run(directory, conf);
        assertThat(printed.exit()).as(printed.output()).isZero();
        assertThat(printed.output())
                .contains("# serve --advertise=127.0.0.3\n")
                .contains("Require ip 127.0.0.0/8");

        try (Httpd ignored = Httpd.start(own, printed.output(), port);
                ServerProcess one = pool(0);
                ServerProcess other = pool(1)) {
            Set<String> routes = new TreeSet<>();
            await().atMost(Duration.ofSeconds(90))
                    .ignoreExceptions()
                    .until(
                            () -> {
                                routes.add(whoami(port));
                                return routes.size() == 4;
                            });

            assertThat(routes)
                    .containsExactly(
                            "127-0-0-2-m1", "127-0-0-2-m2", "127-0-0-3-m1", "127-0-0-3-m2");
            assertThat(asked(conf, "--pool=" + admin(0), "--pool=" + admin(1)).output())
                    .isEqualTo(printed.output());
            List<String> doctor = Backend.command("doctor");
            doctor.addAll(List.of("--pool=" + admin(0), "--pool=" + admin(1)));
            doctor.add("--pool=http://127.0.0.1:" + Ports.free());
            Command two = Command.run(directory, doctor);
            assertThat(two.exit()).as(two.output()).isEqualTo(2);
            assertThat(two.output())
                    .containsSubsequence(
                            ":" + (first + 2), "Healthy", ":" + (first + 3), "Healthy", "No pool")
                    .contains("balancer://app in http://" + MANAGER);
            assertThat(get("http://%s:%d/balancer-manager".formatted(MANAGER, port + 1)))
                    .contains("balancer://app");
        }
    }

    private String admin(int index) {
        return "http://127.0.0.1:" + (first + 2 + index);
    }

    /** The same, with these in place of the hosts. */
    private Command asked(List<String> conf, String... pools) {
        List<String> command =
                new ArrayList<>(conf.stream().filter(it -> !it.startsWith("--host=")).toList());
        command.addAll(List.of(pools));
        return Command.run(directory, command);
    }

    private ServerProcess pool(int index) throws Exception {
        Path home = Files.createDirectory(directory.resolve("host" + index));
        List<String> serve = Backend.command("serve");
        serve.addAll(settings);
        int admin = first + 2 + index;
        serve.addAll(
                List.of(
                        "--bind=" + HOSTS.get(index),
                        "--advertise=" + HOSTS.get(index),
                        "--admin-port=" + admin));
        return ServerProcess.start(home, home.resolve("backend.log"), Map.of(), serve);
    }

    private static String whoami(int port) throws Exception {
        String answer = get("http://127.0.0.1:" + port + "/whoami");
        return answer.replaceAll("(?s).*\"route\" *: *\"([^\"]*)\".*", "$1");
    }

    private static String get(String url) throws Exception {
        var answer =
                HttpClient.newHttpClient()
                        .send(
                                HttpRequest.newBuilder(URI.create(url))
                                        .timeout(Duration.ofSeconds(10))
                                        .build(),
                                BodyHandlers.ofString());
        assertThat(answer.statusCode()).isEqualTo(200);
        return answer.body();
    }
}
