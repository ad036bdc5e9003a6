package io.backpool.balancer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import io.backpool.config.BalancerConfig;
import io.backpool.config.BalancerConfig.Membership;
import io.backpool.config.BalancerConfig.Protocol;
import io.backpool.testkit.Backend;
import io.backpool.testkit.Command;
import io.backpool.testkit.Httpd;
import io.backpool.testkit.ServerProcess;
import io.backpool.testkit.TestLan;
import java.io.IOException;
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
import java.util.Queue;
import java.util.Timer;
import java.util.TimerTask;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.assertj.core.groups.Tuple;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * One httpd and three pools, each a host of its own, on what {@code conf apache --host} prints. Of
 * each pool's two members one has a declared place, with a {@code connectiontimeout}, and one is
 * added, without.
 */
class VanishedHostIT {
    private static final int HTTPD = 0;
    private static final List<Integer> POOLS = List.of(1, 2, 3);
    private static final int LOST = 1;
    private static final int PORT = 8080;

    /** The last place that is declared for a pool of one member on 8081. */
    private static final int FIRST_MEMBER = 8088;

    private static final String COUNTER = "backpool_balancer_actions_total{";

    /** A second. */
    private static final int RATE = 20;

    @TempDir static Path directory;
    private static final List<AutoCloseable> OPEN = new ArrayList<>();
    private static TestLan lan;
    private static BalancerManager manager;
    private static final List<ServerProcess> POOL = new ArrayList<>();

    @BeforeAll
    static void start() throws Exception {
        lan = TestLan.of(POOLS.size() + 1);
        OPEN.add(lan);
        String url = "http://%s:9980/balancer-manager".formatted(lan.address(HTTPD));
        String config = "--balancer=" + url + ",membership=join";
        Path own = Files.createDirectory(directory.resolve("httpd"));
        Command printed =
                Command.run(
                        directory,
                        Backend.command(
                                "conf",
                                "apache",
                                "--standalone",
                                "--dir=" + own,
                                "--members=1",
                                "--ajp-port=0",
                                config,
                                "--listen=%s:%d".formatted(lan.address(HTTPD), PORT),
                                "--host="
                                        + POOLS.stream()
                                                .map(lan::address)
                                                .collect(Collectors.joining(",")),
                                "--manager-listen=%s:9980".formatted(lan.address(HTTPD)),
                                "--manager-allow=" + lan.network()));
        assertThat(printed.exit()).as(printed.output()).isZero();
        Path conf = Files.writeString(own.resolve("httpd.conf"), printed.output());
        OPEN.add(
                run(
                        HTTPD,
                        own,
                        List.of(Httpd.program(), "-D", "FOREGROUND", "-f", conf.toString())));
        for (int pool : POOLS) {
            Path home = Files.createDirectory(directory.resolve("host" + pool));
            POOL.add(
                    run(
                            pool,
                            home,
                            Backend.command(
                                    "serve",
                                    "--members=2",
                                    "--http-port=" + FIRST_MEMBER,
                                    "--ajp-port=0",
                                    "--slow-start=0s",
                                    config,
                                    "--bind=" + lan.address(pool),
                                    "--advertise=" + lan.address(pool))));
        }
        OPEN.addAll(POOL);
        manager =
                new BalancerManager(
                        new BalancerConfig(
                                URI.create(url),
                                "app",
                                Protocol.HTTP,
                                Membership.JOIN,
                                null,
                                null));
    }

    @AfterAll
    static void stop() {
        List<Throwable> failures = new ArrayList<>();
        for (int i = OPEN.size() - 1; i >= 0; i--) {
            try {
                OPEN.get(i).close();
            } catch (Exception | AssertionError e) {
                failures.add(e);
            }
        }
        assertThat(failures).isEmpty();
    }

    @BeforeEach
    void allServe() {
        await().atMost(Duration.ofSeconds(60))
                .ignoreExceptions()
                .until(
                        () ->
                                POOLS.stream()
                                        .allMatch(
                                                pool ->
                                                        members(pool).stream()
                                                                        .filter(
                                                                                BalancerMember
                                                                                        ::inRotation)
                                                                        .count()
                                                                == 2));
    }

    /** And the pool there, which reaches nobody, stops nobody. */
    @Test
    void aHostThatVanishesCostsTheRequestsOfSeconds() throws IOException {
        try (var load = new Load()) {
            await().until(() -> load.answers.size() > 2 * RATE);
            long before = sent(LOST);
            load.answers.clear();
            lan.unplug(LOST);
            await().atMost(Duration.ofSeconds(30)).until(() -> load.answers.size() > 10 * RATE);
            long sent = sent(LOST) - before;
            long hung = load.hung();

            String prefix = lan.address(LOST).replace('.', '-');
            assertThat(stopped()).containsOnly(prefix + "-m1", prefix + "-m2");
            String[] alarming = alarming();
            assertThat(POOLS.stream().filter(pool -> pool != LOST).flatMap(pool -> actions(pool)))
                    .anySatisfy(action -> assertThat(action).contains(alarming));
            assertThat(hung).isLessThanOrEqualTo(sent).isLessThanOrEqualTo(2 * RATE);
            assertThat(sent(LOST) - before).isEqualTo(sent);

            lan.plug(LOST);
            allServe();
            long back = sent(LOST);
            await().until(() -> sent(LOST) > back + RATE);
        } finally {
            lan.plug(LOST);
        }
        assertThat(stopped()).isEmpty();
        assertThat(POOL.get(0).log()).doesNotContain("vanished");
    }

    @Test
    void theStatusOfAPoolListsTheMembersOfEveryHost() {
        List<Tuple> all =
                POOLS.stream()
                        .flatMap(pool -> Stream.of("-m1", "-m2").map(it -> serving(pool, it)))
                        .toList();
        await().atMost(Duration.ofSeconds(30))
                .untilAsserted(
                        () ->
                                assertThat(listed(1))
                                        .filteredOn(member -> !member.get("free").asBoolean())
                                        .extracting(
                                                member -> member.get("host").asString(),
                                                member -> member.get("route").asString(),
                                                member -> member.get("inRotation").asBoolean(),
                                                member -> member.get("own").asBoolean())
                                        .containsExactlyInAnyOrderElementsOf(all));
    }

    private static List<JsonNode> listed(int pool) {
        JsonNode status = new JsonMapper().readTree(ask(pool, "status.json"));
        return status.at("/frontEnds/0/members").valueStream().toList();
    }

    private static Tuple serving(int pool, String end) {
        String host = lan.address(pool);
        return tuple(host, host.replace('.', '-') + end, true, pool == 1);
    }

    /** Who is not reached by httpd alone, or by another pool alone, has not vanished. */
    @Test
    void oneCutAloneStopsNobody() throws Exception {
        lan.cut(HTTPD, LOST);
        lan.cut(2, 3);
        try (var load = new Load()) {
            await().atMost(Duration.ofSeconds(30)).until(() -> load.answers.size() > 8 * RATE);
            assertThat(stopped()).isEmpty();
            lan.heal(HTTPD, LOST);
            lan.heal(2, 3);
            await().atMost(Duration.ofSeconds(30)).until(() -> load.answers.size() > 10 * RATE);
        } finally {
            lan.heal(HTTPD, LOST);
            lan.heal(2, 3);
        }
        assertThat(stopped()).isEmpty();
        allServe();
    }

    private static List<BalancerMember> members(int pool) {
        return manager.read().members().stream()
                .filter(member -> member.url().getHost().equals(lan.address(pool)))
                .toList();
    }

    /** How many requests httpd sent there. */
    private static long sent(int pool) {
        return members(pool).stream().mapToLong(BalancerMember::elected).sum();
    }

    /** What the pool has done in httpd, a metric a line. */
    private static Stream<String> actions(int pool) {
        return ask(pool, "metrics").lines().filter(line -> line.startsWith(COUNTER));
    }

    /** What its admin listener answers. */
    private static String ask(int pool, String path) {
        List<String> command = List.of("curl", "-s", "http://127.0.0.1:9990/" + path);
        return Command.run(directory, lan.on(pool, command)).output();
    }

    /** The labels by which BackpoolHostVanished knows it. */
    private static String[] alarming() throws IOException {
        String rules = Files.readString(Path.of("grafana/alerts/backpool.yml"));
        String labels = rules.split(Pattern.quote(COUNTER), 2)[1];
        return labels.substring(0, labels.indexOf('}')).split(",");
    }

    /** Routes of what pools have stopped. */
    private static List<String> stopped() {
        return manager.read().members().stream()
                .filter(member -> member.redirect().startsWith("backpool-S"))
                .map(BalancerMember::route)
                .toList();
    }

    private static ServerProcess run(int host, Path directory, List<String> command) {
        return ServerProcess.start(
                directory, directory.resolve("log"), Map.of(), lan.on(host, command));
    }

    /** Requests at a steady rate, whatever becomes of them. */
    private static final class Load implements AutoCloseable {
        private static final Duration SOON = Duration.ofSeconds(5);

        private final HttpClient http =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
        private final Timer timer = new Timer(true);
        private final HttpRequest request =
                HttpRequest.newBuilder(
                                URI.create("http://%s:%d/".formatted(lan.address(HTTPD), PORT)))
                        .build();

        /** Of each request, whether it was answered well and soon. */
        private final Queue<CompletableFuture<Boolean>> answers = new ConcurrentLinkedQueue<>();

        Load() {
            var task =
                    new TimerTask() {
                        @Override
                        public void run() {
                            send();
                        }
                    };
            timer.scheduleAtFixedRate(task, 0, 1000 / RATE);
        }

        /** How many failed, or took too long. */
        long hung() {
            return List.copyOf(answers).stream().filter(answer -> !answer.join()).count();
        }

        private void send() {
            answers.add(
                    http.sendAsync(request, BodyHandlers.ofString())
                            .thenApply(answer -> answer.statusCode() == 200)
                            .completeOnTimeout(false, SOON.toMillis(), TimeUnit.MILLISECONDS)
                            .exceptionally(e -> false));
        }

        @Override
        public void close() {
            timer.cancel();
        }
    }
}
