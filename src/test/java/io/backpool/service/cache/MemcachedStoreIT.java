package io.backpool.service.cache;

import static org.assertj.core.api.Assertions.assertThat;

import io.backpool.config.ServiceUrl;
import io.backpool.testkit.MemcachedServer;
import io.backpool.testkit.RedisServer;
import io.backpool.testkit.TestServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The contract on the real Memcached. */
class MemcachedStoreIT extends RemoteCacheContract {
    @TempDir Path directory;
    private MemcachedServer memcached;
    private RedisServer other;

    @Override
    @BeforeEach
    void open() throws IOException {
        memcached = MemcachedServer.start(directory);
        other = RedisServer.start(Files.createDirectory(directory.resolve("other")));
        super.open();
    }

    @Override
    CacheStore store() {
        return new MemcachedStore(new ServiceUrl(memcached.url()), name());
    }

    @AfterEach
    void stop() {
        memcached.close();
        other.close();
    }

    @Test
    void aFullOneDropsWhatIsOldAndNoRequestFails() throws Exception {
        try (PoolCache cache = open(memcached.url())) {
            // Nothing that could be compressed.
            byte[] noise = new byte[20_000];
            new Random(1).nextBytes(noise);
            var large = new Content("application/octet-stream", noise);
            for (int i = 0; i < 80 * MemcachedServer.MEGABYTES; i++) {
                Content got = cache.get("k" + i, MINUTE, () -> large).content();
                assertThat(Objects.requireNonNull(got).size()).isEqualTo(large.size());
            }
            assertThat(cache.get("k0", MINUTE, () -> large).hit()).isFalse();
            assertThat(cache.get("k0", MINUTE, () -> large).hit()).isTrue();
            assertThat(cache.isReachable()).isTrue();
        }
    }

    @Override
    TestServer server() {
        return memcached;
    }

    @Override
    String urlOfAnotherKind() {
        return other.url().replace("redis:", "memcached:");
    }
}
