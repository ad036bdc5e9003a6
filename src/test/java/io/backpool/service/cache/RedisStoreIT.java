package io.backpool.service.cache;

import static org.assertj.core.api.Assertions.assertThat;

import io.backpool.config.ServiceUrl;
import io.backpool.testkit.RedisServer;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The contract on the real Redis. */
class RedisStoreIT extends RemoteCacheContract {
    @TempDir Path directory;
    private RedisServer redis;

    @Override
    @BeforeEach
    void open() {
        redis = RedisServer.start(directory);
        super.open();
    }

    @Override
    CacheStore store() {
        return new RedisStore(new ServiceUrl(url()));
    }

    @AfterEach
    void stop() {
        redis.close();
    }

    @Test
    void aWrongPasswordCostsComputationsAndIsNotShown() throws Exception {
        Path other = directory.resolve("locked");
        other.toFile().mkdir();
        try (RedisServer locked = RedisServer.start(other, "--requirepass", "right")) {
            String host = "127.0.0.1:" + locked.port() + "/0";
            try (Cache cache = open("redis://:s3cret@" + host)) {
                assertThat(text(cache.get("k", MINUTE, () -> Content.text("v")))).isEqualTo("v");
                assertThat(cache.stats().reachable()).isFalse();
            }
            try (Cache cache = open("redis://:right@" + host)) {
                cache.get("k", MINUTE, () -> Content.text("v"));
                assertThat(cache.get("k", MINUTE, () -> Content.text("v")).hit()).isTrue();
            }
        }
    }

    @Override
    String url() {
        return redis.url();
    }

    @Override
    void kill() {
        redis.kill();
    }

    @Override
    void restart() {
        redis.restart();
    }

    @Override
    void signal(String name) {
        redis.process().signal(name);
    }
}
