package io.backpool.service.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.backpool.config.ServiceUrl;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What an engine that several processes share promises besides. */
abstract class SharedCacheContract extends CacheContract {
    /** Where {@code backend.yaml} finds it. */
    abstract String url();

    @Test
    void twoProcessesShareItAndComputeOnce() throws Exception {
        var computed = new AtomicInteger();
        var threads = Executors.newFixedThreadPool(2);
        try (PoolCache one = open(url());
                PoolCache other = open(url())) {
            Cache.Loader slow =
                    () -> {
                        await().until(() -> one.stats().misses() + other.stats().misses() == 2);
                        return Content.text("by " + computed.incrementAndGet());
                    };
            var first = threads.submit(() -> text(one.get("shared", MINUTE, slow)));
            var second = threads.submit(() -> text(other.get("shared", MINUTE, slow)));
            assertThat(first.get()).isEqualTo("by 1");
            assertThat(second.get()).isEqualTo("by 1");
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void poolsOfOtherNamesShareNothing() throws Exception {
        try (PoolCache one = open(url());
                PoolCache same = open(url());
                PoolCache other = PoolCache.open(new ServiceUrl(url()), "other")) {
            one.get("k", MINUTE, () -> Content.text("one"));
            assertThat(text(other.get("k", MINUTE, () -> Content.text("other"))))
                    .isEqualTo("other");
            assertThat(text(same.get("k", MINUTE, () -> Content.text("x")))).isEqualTo("one");
        }
    }

    @Test
    void whatAnotherProgramWroteThereIsAMiss() throws Exception {
        try (CacheStore store = store();
                PoolCache cache = open(url())) {
            store.write("k", new CacheEntry(Content.text("v"), 0), MINUTE);
            assertThat(cache.get("k", MINUTE, () -> Content.text("new")).hit()).isFalse();
        }
    }
}
