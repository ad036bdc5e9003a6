package io.backpool.service.session;

import static java.net.http.HttpResponse.BodyHandlers.ofString;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.backpool.config.ConfigException;
import io.backpool.config.ServiceUrl;
import io.backpool.config.SessionsConfig;
import io.backpool.engine.Reachability;
import io.backpool.testkit.LogLines;
import io.backpool.testkit.MemcachedServer;
import io.backpool.testkit.Ports;
import io.backpool.testkit.RedisServer;
import io.backpool.testkit.Wire;
import io.lettuce.core.RedisClient;
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
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two members, one real Redis. */
class RedisSessionsIT {
    private static final Pattern COOKIE = Pattern.compile("JSESSIONID=([^;]*)");

    private static final HttpServerExchange NO_EXCHANGE = new HttpServerExchange(null);
    private static final SessionConfig NO_COOKIE = new PathParameterSessionConfig();

    @TempDir Path directory;
    private RedisServer redis;
    private Member one;
    private Member other;

    private final HttpClient http = HttpClient.newHttpClient();

    @BeforeEach
    void start() {
        redis = RedisServer.start(directory);
        one = new Member(redis.url(), Duration.ofMinutes(30));
        other = new Member(redis.url(), Duration.ofMinutes(30));
    }

    @AfterEach
    void stop() {
        one.close();
        other.close();
        redis.close();
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
    void aRequestCostsOneRoundTripAndAWriteOnlyIfItChangedSomething() throws Exception {
        String id = cookie(get(one, "/count", null));
        get(one, "/read", id);
        long before = commands();
        for (int i = 0; i < 10; i++) {
            assertThat(get(one, "/read", id).body()).isEqualTo("1");
        }
        assertThat(commands() - before).isEqualTo(10);
        for (int i = 0; i < 10; i++) {
            get(one, "/nothing", id);
        }
        assertThat(commands() - before).isEqualTo(10);
        for (int i = 0; i < 10; i++) {
            get(one, "/count", id);
        }
        assertThat(commands() - before).isEqualTo(30);
        assertThat(one.sessions.stats().written()).isEqualTo(11);
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
        try (Member shortLived = new Member(redis.url(), Duration.ofSeconds(1))) {
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
    void whileRedisIsAwayNobodyLosesASession() throws Exception {
        String id = cookie(get(one, "/count", null));
        redis.process().signal("STOP");
        HttpResponse<String> failed = get(one, "/count", id);
        assertThat(failed.statusCode()).isEqualTo(503);
        assertThat(failed.headers().firstValue("set-cookie")).isEmpty();
        assertThat(get(one, "/nothing", id).statusCode()).isEqualTo(200);
        assertThat(one.sessions.stats().reachable()).isFalse();
        redis.process().signal("CONT");
        await().until(() -> get(one, "/read", id).body().equals("1"));
        assertThat(one.sessions.stats().reachable()).isTrue();

        redis.kill();
        assertThat(get(one, "/count", id).statusCode()).isEqualTo(503);
        redis.restart();
        await().until(() -> get(one, "/count", id).statusCode() == 200);
    }

    /** However long it was away: the pause between two attempts does not grow. */
    @Test
    void sessionsAreBackSoonAfterRedisIs() throws Exception {
        String id = cookie(get(one, "/count", null));
        redis.kill();
        await().during(Duration.ofMillis(5500))
                .atMost(Duration.ofSeconds(30))
                .until(() -> get(one, "/count", id).statusCode() == 503);
        redis.restart();
        await().atMost(Duration.ofSeconds(2))
                .until(() -> get(one, "/count", id).statusCode() == 200);
    }

    @Test
    void aConnectionThatDiedInSilenceIsReplaced() throws Exception {
        try (Wire wire = Wire.to(redis.port());
                Member far = new Member(wire.through(redis.url()), Duration.ofMinutes(30))) {
            String id = cookie(get(far, "/count", null));
            wire.cut();
            await().until(() -> get(far, "/count", id).body().equals("2"));
            assertThat(far.sessions.isReachable()).isTrue();
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
        try (RedisSessions same = open(redis.url(), "test", Duration.ofMinutes(1));
                RedisSessions foreign = open(redis.url(), "foreign", Duration.ofMinutes(1))) {
            assertThat(same.getSession(id)).isNotNull();
            assertThat(foreign.getSession(id)).isNull();
        }
    }

    @Test
    void aWrongPasswordIsSaidAndNotShown() {
        Path folder = directory.resolve("locked");
        folder.toFile().mkdir();
        try (RedisServer locked = RedisServer.start(folder, "--requirepass", "right");
                RedisSessions sessions =
                        open(locked.url().replace("//", "//:s3cret@"), Duration.ofMinutes(1))) {
            assertThatThrownBy(() -> sessions.getSession("x"))
                    .isInstanceOf(SessionException.class)
                    .hasMessageContaining("WRONGPASS")
                    .hasMessageNotContaining("s3cret");
        }
        assertThatThrownBy(() -> open("http://u:s3cret@h/", Duration.ofMinutes(1)))
                .isInstanceOf(ConfigException.class)
                .hasMessageNotContaining("s3cret");
    }

    /** Each answer means that Redis has the change, however far: the next may go anywhere. */
    @Test
    void theCounterNeverGoesBackWhenEachRequestGoesToTheOtherMember() throws Exception {
        try (Wire wire = Wire.to(redis.port());
                Member far = new Member(wire.through(redis.url()), Duration.ofMinutes(30))) {
            wire.delay(Duration.ofMillis(5));
            String id = cookie(get(far, "/count", null));
            for (int i = 2; i <= 100; i++) {
                assertThat(get(i % 2 == 0 ? other : far, "/count", id).body())
                        .isEqualTo(Integer.toString(i));
            }
        }
    }

    @Test
    void aFullRedisIsReadAndToldOnce() throws Exception {
        String id = cookie(get(one, "/count", null));
        redis.configure("maxmemory", "1");
        try (LogLines log = LogLines.of(Reachability.class)) {
            for (int i = 0; i < 50; i++) {
                assertThat(get(one, "/count", id).body()).isEqualTo("2");
                assertThat(get(one, "/read", id).body()).isEqualTo("1");
            }
            assertThat(log.lines())
                    .singleElement()
                    .asString()
                    .contains("fails to take changes", "OOM", redis.url());
            assertThat(one.sessions.isReachable()).isFalse();
        }
        redis.configure("maxmemory", "0");
        assertThat(get(one, "/count", id).body()).isEqualTo("2");
        assertThat(get(other, "/count", id).body()).isEqualTo("3");
        assertThat(one.sessions.isReachable()).isTrue();
    }

    @Test
    void heldBackItCostsEachRequestOneTimeoutAndNobodyASession() throws Exception {
        String id = cookie(get(one, "/count", null));
        try (Wire wire = Wire.to(redis.port())) {
            wire.hold();
            try (Member far = new Member(wire.through(redis.url()), Duration.ofMinutes(30))) {
                assertAllAreTurnedAway(far, id);
                wire.release();
                await().until(() -> get(far, "/count", id).body().equals("2"));
                wire.hold();
                assertAllAreTurnedAway(far, id);
                wire.release();
                await().until(() -> get(far, "/count", id).body().equals("3"));
                assertThat(far.sessions.isReachable()).isTrue();
            }
        }
    }

    private void assertAllAreTurnedAway(Member member, String id) {
        List<CompletableFuture<HttpResponse<String>>> all =
                Stream.generate(() -> http.sendAsync(request(member, "/count", id), ofString()))
                        .limit(30)
                        .toList();
        for (var one : all) {
            assertThat(one).succeedsWithin(Duration.ofSeconds(20));
            assertThat(one.join().statusCode()).isEqualTo(503);
        }
        assertThat(member.sessions.isReachable()).isFalse();
    }

    @Test
    void aServerOfAnotherKindIsSaidInTime() {
        Path folder = directory.resolve("other");
        folder.toFile().mkdir();
        try (MemcachedServer memcached = MemcachedServer.start(folder);
                RedisSessions sessions =
                        open("redis://127.0.0.1:" + memcached.port(), Duration.ofMinutes(1))) {
            assertThatThrownBy(() -> sessions.getSession("x"))
                    .isInstanceOf(SessionException.class)
                    .hasMessageStartingWith("No session can be read from redis://127.0.0.1:");
            assertThat(sessions.isReachable()).isFalse();
        }
    }

    @Test
    void anEventLoopIsNotMadeToWait() throws Exception {
        String id = cookie(get(one, "/count", null));
        assertThat(get(one, "/loop", id).body()).contains("Services.blocking");
        assertThat(get(one, "/loop", null).body()).contains("Services.blocking");
    }

    private Session session(String id) {
        return java.util.Objects.requireNonNull(one.sessions.getSession(id));
    }

    private HttpResponse<String> get(Member member, String path, @Nullable String id)
            throws Exception {
        return http.send(request(member, path, id), ofString());
    }

    private static HttpRequest request(Member member, String path, @Nullable String id) {
        var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + member.port + path));
        if (id != null) {
            request.header("Cookie", "JSESSIONID=" + id);
        }
        return request.build();
    }

    private static String cookie(HttpResponse<?> response) {
        Matcher cookie = COOKIE.matcher(response.headers().firstValue("set-cookie").orElseThrow());
        assertThat(cookie.find()).isTrue();
        return cookie.group(1);
    }

    /** Scripts that Redis has run. */
    private long commands() {
        RedisClient client = RedisClient.create(redis.url());
        try (var connection = client.connect()) {
            Matcher calls =
                    Pattern.compile("cmdstat_eval:calls=(\\d+)")
                            .matcher(connection.sync().info("commandstats"));
            return calls.find() ? Long.parseLong(calls.group(1)) : 0;
        } finally {
            client.shutdown();
        }
    }

    private static RedisSessions open(String url, Duration idle) {
        return open(url, "test", idle);
    }

    private static RedisSessions open(String url, String name, Duration idle) {
        return RedisSessions.open(
                new SessionsConfig(new ServiceUrl(url), name, "JSESSIONID", idle));
    }

    /** A server with the sessions. */
    private static final class Member implements AutoCloseable {
        private final int port = Ports.free();
        private final RedisSessions sessions;
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
