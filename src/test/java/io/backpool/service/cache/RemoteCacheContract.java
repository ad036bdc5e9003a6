package io.backpool.service.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What an engine in another process promises besides, also while it is away. */
abstract class RemoteCacheContract extends CacheContract {
    abstract String url();

    abstract void kill();

    abstract void restart();

    abstract void signal(String name);

    @Test
    void twoProcessesShareItAndComputeOnce() throws Exception {
        var computed = new AtomicInteger();
        Cache.Loader slow =
                () -> {
                    Thread.sleep(100);
                    return Content.text("by " + computed.incrementAndGet());
                };
        var threads = Executors.newFixedThreadPool(2);
        try (Cache one = open(url());
                Cache other = open(url())) {
            var first = threads.submit(() -> text(one.get("shared", MINUTE, slow)));
            var second = threads.submit(() -> text(other.get("shared", MINUTE, slow)));
            assertThat(first.get()).isEqualTo("by 1");
            assertThat(second.get()).isEqualTo("by 1");
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void killedAndRestartedItCostsComputationsAndNoRequest() throws Exception {
        try (Cache cache = open(url())) {
            assertThat(text(cache.get("k", MINUTE, () -> Content.text("v")))).isEqualTo("v");
            kill();
            for (int i = 0; i < 20; i++) {
                assertThat(text(cache.get("k", MINUTE, () -> Content.text("v")))).isEqualTo("v");
            }
            assertThat(cache.stats().failures()).isPositive();
            assertThat(cache.stats().reachable()).isFalse();
            restart();
            await().until(() -> cache.get("k", MINUTE, () -> Content.text("v")).hit());
            assertThat(cache.stats().reachable()).isTrue();
        }
    }

    @Test
    void awayFromTheStartItIsUsedOnceItIsThere() throws Exception {
        kill();
        try (Cache cache = open(url())) {
            assertThat(text(cache.get("k", MINUTE, () -> Content.text("v")))).isEqualTo("v");
            assertThat(cache.stats().reachable()).isFalse();
            restart();
            await().until(() -> cache.get("k", MINUTE, () -> Content.text("v")).hit());
        }
    }

    /** Its packets are held back: the process is stopped, its port still accepts. */
    @Test
    void slowItIsLeftAloneAfterTheFirstTimeout() throws Exception {
        try (Cache cache = open(url())) {
            cache.get("k", MINUTE, () -> Content.text("v"));
            signal("STOP");
            for (int i = 0; i < 100; i++) {
                assertThat(text(cache.get("k", MINUTE, () -> Content.text("v")))).isEqualTo("v");
            }
            assertThat(cache.stats().failures()).isBetween(1L, 20L);
            signal("CONT");
            await().until(() -> cache.get("k", MINUTE, () -> Content.text("v")).hit());
        }
    }

    @Test
    void whatAnotherProgramWroteThereIsAMiss() throws Exception {
        try (CacheStore store = store();
                Cache cache = open(url())) {
            store.write("k", new CacheEntry(Content.text("v"), 0), MINUTE);
            assertThat(cache.get("k", MINUTE, () -> Content.text("new")).hit()).isFalse();
        }
    }
}
