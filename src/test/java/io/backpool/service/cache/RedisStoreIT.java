package io.backpool.service.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.backpool.config.ServiceUrl;
import io.backpool.engine.Reachability;
import io.backpool.testkit.LogLines;
import io.backpool.testkit.MemcachedServer;
import io.backpool.testkit.RedisServer;
import io.backpool.testkit.TestServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The contract on the real Redis. */
class RedisStoreIT extends RemoteCacheContract {
    @TempDir Path directory;
    private RedisServer redis;
    private MemcachedServer other;

    @Override
    @BeforeEach
    void open() throws IOException {
        redis = RedisServer.start(directory);
        other = MemcachedServer.start(Files.createDirectory(directory.resolve("other")));
        super.open();
    }

    @Override
    CacheStore store() {
        return new RedisStore(new ServiceUrl(redis.url()), name());
    }

    @AfterEach
    void stop() {
        redis.close();
        other.close();
    }

    @Test
    void aWrongPasswordCostsComputationsAndIsNotShown() throws Exception {
        Path other = directory.resolve("locked");
        other.toFile().mkdir();
        try (RedisServer locked = RedisServer.start(other, "--requirepass", "right")) {
            String host = "127.0.0.1:" + locked.port() + "/0";
            try (PoolCache cache = open("redis://:s3cret@" + host)) {
                assertThat(text(cache.get("k", MINUTE, () -> Content.text("v")))).isEqualTo("v");
                assertThat(cache.stats().reachable()).isFalse();
            }
            try (PoolCache cache = open("redis://:right@" + host)) {
                cache.get("k", MINUTE, () -> Content.text("v"));
                assertThat(cache.get("k", MINUTE, () -> Content.text("v")).hit()).isTrue();
            }
        }
    }

    @Test
    void aFullOneIsReadAndComputedForAndToldOnce() throws Exception {
        try (PoolCache cache = open(redis.url());
                LogLines log = LogLines.of(Reachability.class)) {
            cache.get("kept", MINUTE, () -> Content.text("v"));
            redis.configure("maxmemory", "1");
            for (int i = 0; i < 2000; i++) {
                String key = "new " + i;
                assertThat(text(cache.get(key, MINUTE, () -> Content.text(key)))).isEqualTo(key);
                assertThat(cache.get("kept", MINUTE, () -> Content.text("x")).hit()).isTrue();
            }
            await().until(
                            () -> {
                                cache.get("once more", MINUTE, () -> Content.text("v"));
                                return cache.stats().failures() > 1;
                            });
            assertThat(cache.isReachable()).isFalse();
            assertThat(log.lines())
                    .singleElement()
                    .asString()
                    .contains("fails to write", "OOM", redis.url());
            // However often it is looked at, and though reading goes on.
            await().during(Duration.ofSeconds(3)).until(() -> !cache.isReachable());
            redis.configure("maxmemory", "0");
            await().until(cache::isReachable);
            cache.get("once more", MINUTE, () -> Content.text("v"));
            assertThat(cache.get("once more", MINUTE, () -> Content.text("v")).hit()).isTrue();
        }
    }

    @Override
    TestServer server() {
        return redis;
    }

    @Override
    String urlOfAnotherKind() {
        return other.url().replace("memcached:", "redis:");
    }
}
