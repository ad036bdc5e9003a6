package io.backpool.service.cache;

import io.backpool.config.ServiceUrl;
import io.backpool.testkit.MemcachedServer;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** The contract on the real Memcached. */
class MemcachedStoreIT extends RemoteCacheContract {
    @TempDir Path directory;
    private MemcachedServer memcached;

    @Override
    @BeforeEach
    void open() {
        memcached = MemcachedServer.start(directory);
        super.open();
    }

    @Override
    CacheStore store() {
        return new MemcachedStore(new ServiceUrl(url()));
    }

    @AfterEach
    void stop() {
        memcached.close();
    }

    @Override
    String url() {
        return memcached.url();
    }

    @Override
    void kill() {
        memcached.kill();
    }

    @Override
    void restart() {
        memcached.restart();
    }

    @Override
    void signal(String name) {
        memcached.process().signal(name);
    }
}
