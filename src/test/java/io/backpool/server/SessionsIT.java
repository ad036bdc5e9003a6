package io.backpool.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.backpool.testkit.RawSocket;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.session.Session;
import io.undertow.server.session.SessionCookieConfig;
import io.undertow.util.Sessions;
import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SessionsIT {
    private static final Pattern COOKIE =
            Pattern.compile("(?i)set-cookie: JSESSIONID=([A-Za-z0-9_-]{40})\\.(m\\d)(.*)\r\n");

    private static TestMember pool;
    private static int second;

    @BeforeAll
    static void open() {
        pool = TestMember.open(Map.of(), SessionsIT::count);
        second = pool.openSecond();
    }

    @AfterAll
    static void close() {
        pool.close();
    }

    @Test
    void aNewClientGetsAStickyCookieThatScriptsCannotRead() {
        String answer = get(pool.httpPort(), "");

        Matcher cookie = cookie(answer);
        assertThat(cookie.group(2)).isEqualTo("m1");
        assertThat(cookie.group(3).toLowerCase(java.util.Locale.ROOT))
                .contains("path=/", "httponly", "samesite=lax")
                .doesNotContain("secure");
        assertThat(answer).endsWith("count=1 of " + cookie.group(1));
    }

    @Test
    void theCookieIsSecureWhereTheClientsSchemeIsHttps() {
        assertThat(cookie(get(pool.httpPort(), "X-Forwarded-Proto: https\r\n")).group(3))
                .containsIgnoringCase("secure");
    }

    @Test
    void aClientThatComesBackFindsItsSessionAndGetsNoNewCookie() {
        Matcher cookie = cookie(get(pool.httpPort(), ""));
        String id = cookie.group(1);

        String answer = get(pool.httpPort(), "Cookie: a=b; JSESSIONID=" + id + ".m1\r\n");

        assertThat(answer).endsWith("count=2 of " + id).doesNotContainIgnoringCase("set-cookie");
    }

    @Test
    void afterFailoverTheSessionKeepsItsIdAndTheRouteIsRewritten() {
        String id = cookie(get(pool.httpPort(), "")).group(1);

        String answer = get(second, "Cookie: JSESSIONID=" + id + ".m1\r\n");

        assertThat(answer).endsWith("count=2 of " + id);
        assertThat(cookie(answer).group(1)).isEqualTo(id);
        assertThat(cookie(answer).group(2)).isEqualTo("m2");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA.m1",
                "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA.m2",
                "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
                "chosen.by.the.attacker.m1",
                ".m1",
                ".",
                "\"quoted\""
            })
    void anIdThatTheClientMadeUpIsNeverUsed(String value) {
        String answer = get(pool.httpPort(), "Cookie: JSESSIONID=" + value + "\r\n");

        assertThat(value).doesNotContain(cookie(answer).group(1));
        assertThat(answer).contains("count=1 of " + cookie(answer).group(1));
        // What the client brought is still unknown afterwards.
        assertThat(get(pool.httpPort(), "Cookie: JSESSIONID=" + value + "\r\n"))
                .contains("count=1 of ");
    }

    @Test
    void aSessionInThePathIsNotOne() {
        String id = cookie(get(pool.httpPort(), "")).group(1);

        String answer =
                RawSocket.exchange(
                        pool.httpPort(),
                        "GET /;jsessionid="
                                + id
                                + ".m1 HTTP/1.1\r\nHost: a\r\nConnection:"
                                + " close\r\n\r\n");

        assertThat(answer).contains("count=1 of ").doesNotContain(id);
    }

    @Test
    void aSessionThatNobodyUsesExpires() {
        try (var brief = TestMember.open(Map.of("SESSIONS_TIMEOUT", "1s"), SessionsIT::count)) {
            String id = cookie(get(brief.httpPort(), "")).group(1);

            await().atMost(Duration.ofSeconds(20))
                    .until(() -> !brief.resources().sessions().mayBe(id));

            String answer = get(brief.httpPort(), "Cookie: JSESSIONID=" + id + ".m1\r\n");
            assertThat(cookie(answer).group(1)).isNotEqualTo(id);
        }
    }

    @Test
    void thousandsOfSessionsAreApart() {
        Set<String> ids = new HashSet<>();
        try (RawSocket socket = RawSocket.connect(pool.httpPort())) {
            socket.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n".repeat(3000))
                    .readUntil(
                            all ->
                                    all.length > 600_000
                                            && RawSocket.text(all).split("count=1 of", -1).length
                                                    == 3001);
            Matcher cookies = COOKIE.matcher(socket.received());
            while (cookies.find()) {
                ids.add(cookies.group(1));
            }
        }
        assertThat(ids).hasSize(3000);
    }

    /** Made by one request, since it is their number that matters. */
    @Test
    void theOldestGoWhenThereAreTooMany() {
        int most = io.backpool.server.Sessions.MAX_SESSIONS;
        try (var member = TestMember.openWith(Map.of(), SessionsIT::making)) {
            assertThat(get(member.httpPort(), "")).endsWith("made");
            assertThat(member.resources().sessions().manager().getAllSessions()).hasSize(most);
            assertThat(member.resources().sessions().mayBe("id-0")).isFalse();
            assertThat(member.resources().sessions().mayBe("id-" + most)).isTrue();
        }
    }

    private static HttpHandler making(ServerResources resources) {
        return exchange -> {
            for (int i = 0; i <= io.backpool.server.Sessions.MAX_SESSIONS; i++) {
                resources.sessions().manager().createSession(exchange, new Numbered("id-" + i));
            }
            exchange.getResponseSender().send("made");
        };
    }

    /** Has one id, and does not store it. */
    private static final class Numbered extends SessionCookieConfig {
        private final String id;

        Numbered(String id) {
            this.id = id;
        }

        @Override
        public String findSessionId(HttpServerExchange exchange) {
            return id;
        }

        @Override
        public void setSessionId(HttpServerExchange exchange, String ignored) {}
    }

    private static void count(HttpServerExchange exchange) {
        Session session = Sessions.getOrCreateSession(exchange);
        Integer before = (Integer) session.getAttribute("count");
        int count = before == null ? 1 : before + 1;
        session.setAttribute("count", count);
        exchange.getResponseSender().send("count=" + count + " of " + session.getId());
    }

    private static Matcher cookie(String answer) {
        Matcher cookie = COOKIE.matcher(answer);
        assertThat(cookie.find()).as(answer).isTrue();
        return cookie;
    }

    private static String get(int port, String headers) {
        return RawSocket.exchange(
                port, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" + headers + "\r\n");
    }
}
