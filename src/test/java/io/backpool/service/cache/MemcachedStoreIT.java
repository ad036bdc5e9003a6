package io.backpool.service.cache;

import io.backpool.config.ServiceUrl;
import io.backpool.testkit.MemcachedServer;
import io.backpool.testkit.RedisServer;
import io.backpool.testkit.TestServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
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
        return new MemcachedStore(new ServiceUrl(memcached.url()));
    }

    @AfterEach
    void stop() {
        memcached.close();
        other.close();
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
