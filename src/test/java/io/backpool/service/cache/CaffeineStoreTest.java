package io.backpool.service.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.backpool.config.ConfigException;
import java.time.Clock;
import org.junit.jupiter.api.Test;

/** The embedded engine. */
class CaffeineStoreTest extends CacheContract {
    @Override
    CacheStore store() {
        return new CaffeineStore();
    }

    @Override
    PoolCache otherProcess(PoolCache own, Clock clock) {
        return own;
    }

    @Test
    void itsSizeIsBounded() throws Exception {
        try (PoolCache cache = open("memory:")) {
            for (int i = 0; i < 400; i++) {
                cache.get("key" + i, MINUTE, () -> new Content("x/y", new byte[900_000]));
            }
            int kept = 0;
            for (int i = 0; i < 400; i++) {
                kept += cache.get("key" + i, MINUTE, () -> null).hit() ? 1 : 0;
            }
            assertThat(kept).isBetween(1, 80);
        }
    }

    @Test
    void aUrlThatNoEngineKnowsIsAMistakeWithoutItsPassword() {
        assertThatThrownBy(() -> open("rediss3://user:s3cret@host/"))
                .isInstanceOf(ConfigException.class)
                .hasMessageStartingWith("cache.url: was rediss3://host/, must be memory:,")
                .hasMessageNotContaining("s3cret");
        assertThatThrownBy(() -> open("redis://user:s3cret@:port/"))
                .isInstanceOf(ConfigException.class)
                .hasMessageNotContaining("s3cret");
        assertThatThrownBy(() -> open("memcached:")).isInstanceOf(ConfigException.class);
    }
}
