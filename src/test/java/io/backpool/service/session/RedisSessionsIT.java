package io.backpool.service.session;

import static java.net.http.HttpResponse.BodyHandlers.ofString;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.backpool.config.ConfigException;
import io.backpool.engine.Reachability;
import io.backpool.testkit.LogLines;
import io.backpool.testkit.MemcachedServer;
import io.backpool.testkit.RedisServer;
import io.backpool.testkit.Wire;
import io.lettuce.core.RedisClient;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The contract on one real Redis, also while it is away. */
class RedisSessionsIT extends SessionsContract {
    @TempDir Path directory;
    private RedisServer redis;

    @Override
    String url() {
        return redis.url();
    }

    @Override
    @BeforeEach
    void open() throws Exception {
        redis = RedisServer.start(directory);
        super.open();
    }

    @Override
    @AfterEach
    void close() {
        super.close();
        redis.close();
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
            assertThat(sessions.isReachable()).isFalse();
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
        // However often it is looked at, and though reading goes on.
        await().during(Duration.ofSeconds(3)).until(() -> !one.sessions.isReachable());
        redis.configure("maxmemory", "0");
        await().until(one.sessions::isReachable);
        assertThat(get(one, "/count", id).body()).isEqualTo("2");
        assertThat(get(other, "/count", id).body()).isEqualTo("3");
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
}
