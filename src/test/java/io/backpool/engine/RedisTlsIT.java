package io.backpool.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.backpool.config.ServiceUrl;
import io.backpool.config.SessionsConfig;
import io.backpool.service.cache.PoolCache;
import io.backpool.service.session.RedisSessions;
import io.backpool.testkit.LogLines;
import io.backpool.testkit.RedisGroup;
import io.backpool.testkit.RedisGroup.Shape;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Whom cache and sessions take for Redis over TLS, however many servers it is. */
class RedisTlsIT {
    private static final Pattern SAID =
            Pattern.compile(".* fails to answer, .*(ertifi|No name matching localhost).*");

    @TempDir Path home;

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.MATCH_ALL, names = ".*TLS")
    void theServersMustBeThoseThatTheUrlNames(Shape shape) {
        try (RedisGroup redis = RedisGroup.start(shape, home)) {
            String url = redis.url();
            String otherName = url.replace("127.0.0.1", "localhost");
            for (String right : List.of(url, otherName.replace("?", "?verify=off&"))) {
                try (PoolCache cache = cache(right);
                        RedisSessions sessions = sessions(right)) {
                    await().until(() -> cache.isReachable() && sessions.isReachable());
                    await().ignoreExceptions()
                            .until(
                                    () -> {
                                        cache.connect();
                                        sessions.connect();
                                        return true;
                                    });
                }
            }
            String otherSigner = url.replaceFirst("\\?[^#]*", "");
            for (String wrong : List.of(otherName, otherSigner)) {
                try (LogLines log = LogLines.of(Reachability.class);
                        PoolCache cache = cache(wrong);
                        RedisSessions sessions = sessions(wrong)) {
                    await().during(Duration.ofSeconds(2))
                            .until(() -> !cache.isReachable() && !sessions.isReachable());
                    assertThat(log.lines())
                            .hasSize(2)
                            .allMatch(line -> SAID.matcher(line).matches());
                }
            }
        }
    }

    private static PoolCache cache(String url) {
        return PoolCache.open(new ServiceUrl(url), "test");
    }

    private static RedisSessions sessions(String url) {
        return RedisSessions.open(
                new SessionsConfig(new ServiceUrl(url), "test", "ID", Duration.ofMinutes(1)));
    }
}
