package io.backpool.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.backpool.app.showcase.Showcase;
import io.backpool.balancer.FrontEnds;
import io.backpool.testkit.Httpd;
import io.backpool.testkit.Ports;
import io.backpool.testkit.RawSocket;
import io.backpool.testkit.TestServices;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The showcase's {@code /session} behind a real balancer with two members. */
class SessionsThroughHttpdIT {
    private static final Pattern COOKIE =
            Pattern.compile("(?i)set-cookie: (JSESSIONID=([A-Za-z0-9_-]{40})\\.(m\\d))");

    @TempDir Path directory;

    @ParameterizedTest
    @ValueSource(strings = {"http", "ajp"})
    void aClientStaysWithItsMemberAndKeepsItsSessionWhenThatDies(String protocol) throws Exception {
        behindHttpd(protocol, (pool, frontEnds, port) -> followAClient(pool, port));
    }

    @ParameterizedTest
    @ValueSource(strings = {"http", "ajp"})
    void drainKeepsStickyClientsAndSendsNewOnesElsewhere(String protocol) throws Exception {
        behindHttpd(
                protocol,
                (pool, frontEnds, port) -> {
                    String mine = clientOf("m1", port).group(1);
                    frontEnds.drain(1);
                    await().until(() -> frontEnds.isAgreed(1, Set.of()));

                    for (int count = 2; count <= 20; count++) {
                        assertThat(get(port, mine))
                                .contains("\"count\":" + count + ",", "\"route\":\"m1\"")
                                .doesNotContainIgnoringCase("set-cookie");
                        assertThat(get(port, "a=b")).contains("\"route\":\"m2\"");
                    }
                });
    }

    @ParameterizedTest
    @ValueSource(strings = {"http", "ajp"})
    void disableMovesStickyClientsAndTheirSessions(String protocol) throws Exception {
        behindHttpd(
                protocol,
                (pool, frontEnds, port) -> {
                    Matcher cookie = clientOf("m1", port);
                    frontEnds.disable(1);
                    await().until(() -> frontEnds.isAgreed(1, Set.of()));

                    String moved = get(port, cookie.group(1));
                    assertThat(moved).contains("\"count\":2,", "\"route\":\"m2\"");
                    Matcher rewritten = COOKIE.matcher(moved);
                    assertThat(rewritten.find()).isTrue();
                    assertThat(rewritten.group(2)).isEqualTo(cookie.group(2));
                    assertThat(rewritten.group(3)).isEqualTo("m2");
                    assertThat(get(port, rewritten.group(1))).contains("\"count\":3,");
                });
    }

    private interface Client {
        void use(TestMember pool, FrontEnds frontEnds, int port) throws Exception;
    }

    private void behindHttpd(String protocol, Client client) throws Exception {
        int port = Ports.free();
        String manager = "http://127.0.0.1:" + port + "/balancer-manager,protocol=" + protocol;
        try (var pool =
                TestMember.openWith(
                        Map.of("BALANCERS", manager),
                        resources -> new Showcase().start(new TestServices(directory)))) {
            int second = pool.openSecond();
            boolean ajp = protocol.equals("ajp");
            String balancer =
                    """
                    <Location /balancer-manager>
                      SetHandler balancer-manager
                    </Location>
                    <Proxy balancer://app>
                      BalancerMember %1$s://127.0.0.1:%2$d route=m1 retry=1%4$s
                      BalancerMember %1$s://127.0.0.1:%3$d route=m2 retry=1%4$s
                      ProxySet stickysession=JSESSIONID
                    </Proxy>
                    ProxyPass /balancer-manager !
                    ProxyPass / balancer://app/
                    """
                            .formatted(
                                    protocol,
                                    ajp ? pool.ajpPort() : pool.httpPort(),
                                    ajp ? pool.secondAjpPort() : second,
                                    ajp ? " secret=" + TestMember.SECRET : "");
            try (var httpd = Httpd.start(directory, Httpd.base(directory, port) + balancer, port);
                    var frontEnds = FrontEnds.open(pool.config())) {
                assertThat(httpd.process().isAlive()).isTrue();
                frontEnds.putIn(1, 100);
                frontEnds.putIn(2, 100);
                await().until(
                                () ->
                                        frontEnds.isAgreed(1, Set.of())
                                                && frontEnds.isAgreed(2, Set.of()));
                client.use(pool, frontEnds, port);
            }
        }
    }

    /** The cookie of a new client of this member. */
    private static Matcher clientOf(String route, int port) {
        Matcher cookie = COOKIE.matcher(get(port, "a=b"));
        while (!cookie.find() || !cookie.group(3).equals(route)) {
            cookie = COOKIE.matcher(get(port, "a=b"));
        }
        return cookie;
    }

    private static void followAClient(TestMember pool, int port) {
        Matcher cookie = clientOf("m1", port);
        String mine = cookie.group(1);
        for (int count = 2; count <= 20; count++) {
            assertThat(get(port, mine))
                    .contains("\"count\":" + count + ",", "\"route\":\"m1\"")
                    .doesNotContainIgnoringCase("set-cookie");
        }

        pool.server().close();

        // A connection that httpd kept may break once: the member did not leave, it died.
        String moved =
                await().atMost(Duration.ofSeconds(30))
                        .until(() -> get(port, mine), answer -> answer.contains(" 200 OK"));
        assertThat(moved).contains("\"count\":21,", "\"route\":\"m2\"");
        Matcher rewritten = COOKIE.matcher(moved);
        assertThat(rewritten.find()).isTrue();
        assertThat(rewritten.group(2)).isEqualTo(cookie.group(2));
        assertThat(rewritten.group(3)).isEqualTo("m2");
    }

    private static String get(int port, String cookie) {
        return RawSocket.exchange(
                port,
                "GET /session HTTP/1.1\r\nHost: a\r\nConnection: close\r\nCookie: "
                        + cookie
                        + "\r\n\r\n");
    }
}
