package io.backpool.service.session;

import static java.net.http.HttpResponse.BodyHandlers.ofString;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.backpool.config.ServiceUrl;
import io.backpool.config.SessionsConfig;
import io.backpool.testkit.Ports;
import io.undertow.Undertow;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.handlers.BlockingHandler;
import io.undertow.server.session.PathParameterSessionConfig;
import io.undertow.server.session.Session;
import io.undertow.server.session.SessionConfig;
import io.undertow.server.session.SessionCookieConfig;
import io.undertow.server.session.SessionManager;
import io.undertow.util.Sessions;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What sessions promise at two members, whatever servers Redis consists of. */
abstract class SessionsContract {
    private static final Pattern COOKIE = Pattern.compile("JSESSIONID=([^;]*)");

    private static final HttpServerExchange NO_EXCHANGE = new HttpServerExchange(null);
    private static final SessionConfig NO_COOKIE = new PathParameterSessionConfig();

    final HttpClient http = HttpClient.newHttpClient();
    Member one;
    Member other;

    /** Where {@code backend.yaml} finds Redis. */
    abstract String url();

    @BeforeEach
    void open() throws Exception {
        one = new Member(url(), Duration.ofMinutes(30));
        other = new Member(url(), Duration.ofMinutes(30));
    }

    @AfterEach
    void close() {
        one.close();
        other.close();
    }

    @Test
    void aSessionGoesOnAtAnotherMember() throws Exception {
        String id = cookie(get(one, "/count", null));
        assertThat(get(one, "/count", id).body()).isEqualTo("2");
        one.close();
        assertThat(get(other, "/count", id).body()).isEqualTo("3");
        assertThat(get(other, "/count", id).headers().firstValue("set-cookie")).isEmpty();
    }

    @Test
    void anIdOfTheClientsOwnMakingIsNeverUsed() throws Exception {
        String id = cookie(get(one, "/count", "made-up"));
        assertThat(id).isNotEqualTo("made-up");
        assertThat(get(one, "/count", "made-up").body()).isEqualTo("1");
        assertThat(one.sessions.stats().unknown()).isEqualTo(2);
    }

    @Test
    void whatIsInvalidatedOrRenamedIsGone() throws Exception {
        String id = cookie(get(one, "/count", null));
        String renamed = cookie(get(one, "/rename", id));
        assertThat(renamed).isNotEqualTo(id);
        assertThat(get(other, "/read", id).body()).isEqualTo("null");
        assertThat(get(other, "/read", renamed).body()).isEqualTo("1");
        get(one, "/invalidate", renamed);
        assertThat(get(other, "/read", renamed).body()).isEqualTo("null");
    }

    @Test
    void aChangeThatComesTooLateDoesNotBringBackAnInvalidatedSession() throws Exception {
        String id = cookie(get(one, "/count", null));
        RedisSession late = (RedisSession) session(id);
        get(other, "/invalidate", id);
        late.setAttribute("count", 99);
        one.sessions.flush(late);
        assertThat(get(one, "/read", id).body()).isEqualTo("null");
    }

    @Test
    void twoRequestsOfASessionChangeTheirOwnAttributesOnly() throws Exception {
        String id = cookie(get(one, "/count", null));
        RedisSession first = (RedisSession) session(id);
        RedisSession second = (RedisSession) session(id);
        first.setAttribute("a", "1");
        second.setAttribute("b", 2L);
        second.removeAttribute("count");
        one.sessions.flush(first);
        one.sessions.flush(second);
        assertThat(session(id).getAttributeNames()).containsExactlyInAnyOrder("a", "b");
        assertThat(session(id).getAttribute("b")).isEqualTo(2L);
    }

    @Test
    void aSessionThatNobodyAsksForIsGone() throws Exception {
        try (Member shortLived = new Member(url(), Duration.ofSeconds(1))) {
            String id = cookie(get(shortLived, "/count", null));
            assertThat(session(id).getMaxInactiveInterval()).isEqualTo(1);
            await().during(Duration.ofMillis(1500))
                    .atMost(Duration.ofSeconds(5))
                    .until(() -> one.sessions.getSession(id) != null);
            await().pollDelay(Duration.ofMillis(1500))
                    .until(() -> one.sessions.getSession(id) == null);
        }
    }

    @Test
    void ofTwoThatRenameASessionOneWinsAndBothGoOn() throws Exception {
        String id = cookie(get(one, "/count", null));
        RedisSession first = (RedisSession) session(id);
        RedisSession second = (RedisSession) session(id);
        String renamed = first.changeSessionId(NO_EXCHANGE, NO_COOKIE);
        assertThat(renamed).isNotEqualTo(id);
        assertThat(second.changeSessionId(NO_EXCHANGE, NO_COOKIE)).isEqualTo(renamed);
        second.setAttribute("late", "kept");
        one.sessions.flush(second);
        assertThat(session(renamed).getAttributeNames()).contains("count", "late");
        assertThat(one.sessions.getSession(id)).isNull();
        assertThat(one.sessions.isReachable()).isTrue();
    }

    @Test
    void aSessionThatIsGoneIsNotBroughtBackByARename() throws Exception {
        String id = cookie(get(one, "/count", null));
        RedisSession late = (RedisSession) session(id);
        get(other, "/invalidate", id);
        late.changeSessionId(NO_EXCHANGE, NO_COOKIE);
        assertThat(late.isInvalid()).isTrue();
        assertThat(one.sessions.getSession(late.getId())).isNull();
        assertThat(one.sessions.isReachable()).isTrue();
        assertThat(one.sessions.stats().failures()).isZero();
    }

    @Test
    void poolsOfOtherNamesShareNothing() throws Exception {
        String id = cookie(get(one, "/count", null));
        try (RedisSessions same = open(url(), "test", Duration.ofMinutes(1));
                RedisSessions foreign = open(url(), "foreign", Duration.ofMinutes(1))) {
            assertThat(same.getSession(id)).isNotNull();
            assertThat(foreign.getSession(id)).isNull();
        }
    }

    @Test
    void anEventLoopIsNotMadeToWait() throws Exception {
        String id = cookie(get(one, "/count", null));
        assertThat(get(one, "/loop", id).body()).contains("Services.blocking");
        assertThat(get(one, "/loop", null).body()).contains("Services.blocking");
    }

    Session session(String id) {
        return java.util.Objects.requireNonNull(one.sessions.getSession(id));
    }

    HttpResponse<String> get(Member member, String path, @Nullable String id) throws Exception {
        return http.send(request(member, path, id), ofString());
    }

    static HttpRequest request(Member member, String path, @Nullable String id) {
        var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + member.port + path));
        if (id != null) {
            request.header("Cookie", "JSESSIONID=" + id);
        }
        return request.build();
    }

    static String cookie(HttpResponse<?> response) {
        Matcher cookie = COOKIE.matcher(response.headers().firstValue("set-cookie").orElseThrow());
        assertThat(cookie.find()).isTrue();
        return cookie.group(1);
    }

    static RedisSessions open(String url, Duration idle) {
        return open(url, "test", idle);
    }

    static RedisSessions open(String url, String name, Duration idle) {
        return RedisSessions.open(
                new SessionsConfig(new ServiceUrl(url), name, "JSESSIONID", idle));
    }

    /** A server with the sessions. */
    static final class Member implements AutoCloseable {
        private final int port = Ports.free();
        final RedisSessions sessions;
        private final Undertow server;
        private boolean closed;

        Member(String url, Duration idle) {
            sessions = open(url, idle);
            server =
                    Undertow.builder()
                            .addHttpListener(port, "127.0.0.1")
                            .setWorkerThreads(32)
                            .setHandler(this::attachAndHandle)
                            .build();
            server.start();
        }

        /** As members do: Undertow's own handler reads the session before anybody asks. */
        private void attachAndHandle(HttpServerExchange exchange) throws Exception {
            exchange.putAttachment(SessionManager.ATTACHMENT_KEY, sessions);
            exchange.putAttachment(SessionConfig.ATTACHMENT_KEY, new SessionCookieConfig());
            handle(exchange);
        }

        private static void handle(HttpServerExchange exchange) throws Exception {
            if (exchange.getRequestPath().equals("/loop")) {
                try {
                    Sessions.getOrCreateSession(exchange);
                } catch (IllegalStateException e) {
                    exchange.getResponseSender().send(String.valueOf(e.getMessage()));
                }
                return;
            }
            new BlockingHandler(Member::answer).handleRequest(exchange);
        }

        private static void answer(HttpServerExchange exchange) {
            try {
                exchange.getResponseSender().send(answer(exchange, exchange.getRequestPath()));
            } catch (SessionException e) {
                exchange.setStatusCode(503);
            }
        }

        private static String answer(HttpServerExchange exchange, String path) {
            if (path.equals("/nothing")) {
                return "";
            }
            Session session =
                    path.equals("/count")
                            ? Sessions.getOrCreateSession(exchange)
                            : Sessions.getSession(exchange);
            if (session == null) {
                return "null";
            }
            switch (path) {
                case "/count" -> {
                    Integer before = (Integer) session.getAttribute("count");
                    session.setAttribute("count", before == null ? 1 : before + 1);
                }
                case "/rename" -> {
                    return session.changeSessionId(
                            exchange, exchange.getAttachment(SessionConfig.ATTACHMENT_KEY));
                }
                case "/invalidate" -> {
                    session.invalidate(exchange);
                    return "gone";
                }
                default -> session.setAttribute("count", session.getAttribute("count"));
            }
            return String.valueOf(session.getAttribute("count"));
        }

        @Override
        public void close() {
            if (!closed) {
                closed = true;
                server.stop();
                sessions.close();
            }
        }
    }
}
