package io.backpool.supervisor;

import static org.assertj.core.api.Assertions.assertThat;

import io.backpool.testkit.Backend;
import io.backpool.testkit.Command;
import io.backpool.testkit.Httpd;
import io.backpool.testkit.Ports;
import io.backpool.testkit.Sockets;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

/** Rolling restarts of four members behind the real httpd, under load: no request fails. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class RollIT {
    private static final int MEMBERS = 4;

    /** PoolModelIT has pools that roll again and again. */
    private static final int ROLLS = Integer.getInteger("rolls", 1);

    private static final int CLIENTS = 6;

    /** Of a machine that does more, no request is refused: admission has tests of its own. */
    private static final String PATIENT = "--limits-queue-wait=5s";

    @TempDir private Path directory;

    /**
     * Each word is one httpd: protocol, membership, and whether it pings before each request. First
     * whether it reaches the members through unix sockets.
     */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "http,static",
                "http,join",
                "ajp,static",
                "http,static,ping ajp,static",
                "sockets http,join",
                "sockets http,static ajp,static"
            })
    void noRequestFails(String setup) throws Exception {
        boolean sockets = setup.startsWith("sockets ");
        String frontEnds = setup.replace("sockets ", "");
        List<FrontEnd> wanted = new ArrayList<>();
        for (String frontEnd : frontEnds.split(" ")) {
            String[] words = frontEnd.split(",");
            wanted.add(
                    new FrontEnd(
                            words[0],
                            words[1],
                            words.length > 2 ? " " + words[2] + "=1" : "",
                            Ports.free(),
                            Ports.free()));
        }
        List<String> flags = new ArrayList<>(List.of("--processes", "--sticky-grace=1s", PATIENT));
        if (sockets) {
            flags.addAll(Sockets.flags(directory));
        }
        wanted.forEach(frontEnd -> flags.add("--balancer=" + frontEnd.balancer()));
        List<Httpd> httpds = new ArrayList<>();
        try (Backend pool = Backend.start(directory, MEMBERS, flags.toArray(String[]::new))) {
            for (FrontEnd frontEnd : wanted) {
                httpds.add(start(frontEnd, pool));
            }
            awaitInRotation(pool, wanted.size());
            try (var load = load(wanted.stream().map(FrontEnd::port).toList())) {
                for (int roll = 0; roll < ROLLS; roll++) {
                    assertThat(restart(pool)).contains("m4 - back in the rotation");
                }
                load.close();
                assertNoneFailed(load, setup, pool, httpds);
            }
        } finally {
            httpds.forEach(Httpd::close);
        }
    }

    /** A pool that knows no httpd lets httpd's health check notice who leaves. */
    @Test
    void noRequestFailsWhereNobodyTellsHttpd() throws Exception {
        var frontEnd = new FrontEnd("http", "static", "", Ports.free(), Ports.free());
        try (Backend pool = Backend.start(directory, MEMBERS, "--processes", PATIENT);
                Httpd httpd = start(frontEnd, pool);
                var load = load(List.of(frontEnd.port))) {
            load.awaitMore(200);
            restart(pool);
            load.awaitMore(200);
            load.close();
            assertNoneFailed(load, "http,static, not notified", pool, List.of(httpd));
        }
    }

    /** Of all members; what the command says. */
    private String restart(Backend pool) {
        List<Long> before = pids(pool);
        List<String> restart = Backend.command("restart");
        restart.add("--admin-port=" + pool.adminPort());
        Command restarted = Command.run(directory, restart);
        assertThat(restarted.exit()).as(restarted.output()).isZero();
        assertThat(pids(pool)).doesNotContainAnyElementsOf(before);
        return restarted.output();
    }

    private static void assertNoneFailed(
            SteadyLoad load, String frontEnds, Backend pool, List<Httpd> httpds) {
        assertThat(load.failures())
                .as(
                        "of %d requests; the pool says: %s httpd says: %s",
                        load.requests(),
                        pool.process().log(),
                        httpds.stream().map(RollIT::errors).toList())
                .isEmpty();
        assertThat(load.requests()).isGreaterThan(1000);
        System.out.printf("%s: 0 of %d requests failed%n", frontEnds, load.requests());
    }

    private Httpd start(FrontEnd frontEnd, Backend pool) throws IOException {
        Path own = Files.createTempDirectory(directory, "httpd");
        List<String> conf = Backend.command("conf", "apache", "--standalone");
        conf.addAll(pool.settings());
        conf.addAll(
                List.of(
                        "--protocol=" + frontEnd.protocol,
                        "--membership=" + frontEnd.membership,
                        "--listen=" + frontEnd.port,
                        "--manager-port=" + frontEnd.managerPort,
                        "--dir=" + own));
        Command printed = Command.run(directory, conf);
        assertThat(printed.exit()).as(printed.output()).isZero();
        String text = printed.output().replaceAll("(BalancerMember .*)", "$1" + frontEnd.option);
        return Httpd.start(own, text, frontEnd.port);
    }

    private static String errors(Httpd httpd) {
        try {
            return Files.readString(httpd.errorLog());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void awaitInRotation(Backend pool, int httpds) {
        pool.process()
                .await(
                        "every member in every rotation",
                        () -> pool.inRotation() == MEMBERS * httpds);
    }

    private static List<Long> pids(Backend pool) {
        return new JsonMapper()
                .readTree(pool.admin("/status.json").body())
                .get("members")
                .valueStream()
                .map(member -> member.get("pid").asLong())
                .toList();
    }

    private record FrontEnd(
            String protocol, String membership, String option, int port, int managerPort) {
        String balancer() {
            return "http://127.0.0.1:%d/balancer-manager,name=app,protocol=%s,membership=%s"
                    .formatted(managerPort, protocol, membership);
        }
    }

    private static SteadyLoad load(List<Integer> ports) {
        return new SteadyLoad(CLIENTS, (who, i) -> request(ports, who, i));
    }

    private static HttpRequest request(List<Integer> ports, int who, int i) {
        String base = "http://127.0.0.1:" + ports.get(i % ports.size());
        var request = HttpRequest.newBuilder().timeout(Duration.ofSeconds(30));
        return switch ((who + i) % 10) {
            case 0 -> request.uri(URI.create(base + "/sleep?for=500ms")).build();
            case 1, 2, 3 ->
                    request.uri(URI.create(base + "/echo"))
                            .POST(BodyPublishers.ofByteArray(new byte[5000]))
                            .build();
            case 4, 5, 6 ->
                    request.uri(URI.create(base + "/whoami"))
                            .header("Cookie", "JSESSIONID=s" + who + ".m" + (1 + who % MEMBERS))
                            .build();
            default -> request.uri(URI.create(base + "/")).build();
        };
    }
}
