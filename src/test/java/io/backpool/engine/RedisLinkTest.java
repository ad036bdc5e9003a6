package io.backpool.engine;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RedisLinkTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "redis:",
                "redis://",
                "redis:///0",
                "redis://:6379/0",
                "redis://user:s3cret@:port/",
                "redis://host:port/",
                "redis://host:99999/",
                "redis://host:0/",
                "redis://host/zero",
                "redis://host/-1",
                "redis://one,two/0",
                "redis://ho st/",
                "redis+cluster://",
                "redis+cluster://:1,:2",
                "redis+cluster://one:1,two:port",
                "redis-sentinel://one:1,two:2/0",
                "redis-sentinel://one:port/0#master",
                "redis-sentinel://#master",
                "redis+tls://host",
                "rediss://host/0?cacert=/does/not/exist.pem",
                "rediss://host/0?verify=no",
                "rediss://host/0?timeout=1s",
                "redis://host/0?verify=off",
                "redis://host/0?sentinel-password=s3cret",
                "http://host/",
                ""
            })
    void whatCannotBeAServerIsRefused(String url) {
        assertThatThrownBy(() -> new RedisLink(url, Duration.ofSeconds(1)).close())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageNotContaining("s3cret");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "redis://host",
                "redis://:p%40ss@host:6379/3",
                "rediss://user:pass@[::1]:6379/0?verify=off",
                "redis+cluster://one,two:7001",
                "rediss+cluster://:pass@one:7000,two:7001",
                "redis-sentinel://:pass@one,two:26379/1#master",
                "redis-sentinel://one:1/0?sentinel-password=p%26ss#master"
            })
    void everyFormIsTaken(String url) {
        assertThatCode(() -> new RedisLink(url, Duration.ofSeconds(1)).close())
                .doesNotThrowAnyException();
    }
}
