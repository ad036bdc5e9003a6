package io.backpool.service.cache;

import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.backpool.config.ServiceUrl;
import io.backpool.testkit.TestServer;
import io.backpool.testkit.Wire;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What an engine in another process promises besides, also while it is away. */
abstract class RemoteCacheContract extends CacheContract {
    private static final int MANY = 100;

    abstract TestServer server();

    private String url() {
        return server().url();
    }

    @Test
    void twoProcessesShareItAndComputeOnce() throws Exception {
        var computed = new AtomicInteger();
        var threads = Executors.newFixedThreadPool(2);
        try (Cache one = open(url());
                Cache other = open(url())) {
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
    void killedAndRestartedItCostsComputationsAndNoRequest() throws Exception {
        try (Cache cache = open(url())) {
            assertThat(text(cache.get("k", MINUTE, () -> Content.text("v")))).isEqualTo("v");
            server().kill();
            for (int i = 0; i < 20; i++) {
                assertThat(text(cache.get("k", MINUTE, () -> Content.text("v")))).isEqualTo("v");
            }
            assertThat(cache.stats().failures()).isPositive();
            assertThat(cache.stats().reachable()).isFalse();
            server().restart();
            await().until(() -> cache.get("k", MINUTE, () -> Content.text("v")).hit());
            assertThat(cache.stats().reachable()).isTrue();
        }
    }

    @Test
    void awayFromTheStartItIsUsedOnceItIsThere() throws Exception {
        server().kill();
        try (Cache cache = open(url())) {
            assertThat(text(cache.get("k", MINUTE, () -> Content.text("v")))).isEqualTo("v");
            assertThat(cache.stats().reachable()).isFalse();
            server().restart();
            await().until(() -> cache.get("k", MINUTE, () -> Content.text("v")).hit());
        }
    }

    /** Its packets are held back: the process is stopped, its port still accepts. */
    @Test
    void slowItIsLeftAloneAfterTheFirstTimeout() throws Exception {
        try (Cache cache = open(url())) {
            cache.get("k", MINUTE, () -> Content.text("v"));
            server().process().signal("STOP");
            for (int i = 0; i < 100; i++) {
                assertThat(text(cache.get("k", MINUTE, () -> Content.text("v")))).isEqualTo("v");
            }
            assertThat(cache.stats().failures()).isBetween(1L, 20L);
            server().process().signal("CONT");
            await().until(() -> cache.get("k", MINUTE, () -> Content.text("v")).hit());
        }
    }

    @Test
    void heldBackFromTheStartItCostsEveryoneOneTimeout() throws Exception {
        var threads = Executors.newFixedThreadPool(MANY);
        try (Wire wire = Wire.to(server().port());
                Cache cache = open(wire.through(url()))) {
            wire.hold();
            List<Future<String>> answers = new ArrayList<>();
            for (int i = 0; i < MANY; i++) {
                String key = "key " + i;
                answers.add(
                        threads.submit(
                                () -> text(cache.get(key, MINUTE, () -> Content.text(key)))));
            }
            for (int i = 0; i < MANY; i++) {
                assertThat(answers.get(i).get(20, TimeUnit.SECONDS)).isEqualTo("key " + i);
            }
            assertThat(cache.isReachable()).isFalse();
            wire.release();
            await().until(() -> cache.get("k", MINUTE, () -> Content.text("v")).hit());
            assertThat(cache.isReachable()).isTrue();
        } finally {
            threads.shutdownNow();
        }
    }

    /** As after a power cut of its host: nobody closes the connection, new ones are taken. */
    @Test
    void aConnectionThatDiedInSilenceIsReplaced() throws Exception {
        try (Wire wire = Wire.to(server().port());
                Cache cache = open(wire.through(url()))) {
            cache.get("k", MINUTE, () -> Content.text("v"));
            wire.cut();
            await().atMost(ofSeconds(20))
                    .until(() -> cache.get("k", MINUTE, () -> Content.text("v")).hit());
            assertThat(cache.isReachable()).isTrue();
        }
    }

    @Test
    void poolsOfOtherNamesShareNothing() throws Exception {
        try (Cache one = open(url());
                Cache same = open(url());
                Cache other = Cache.open(new ServiceUrl(url()), "other")) {
            one.get("k", MINUTE, () -> Content.text("one"));
            assertThat(text(other.get("k", MINUTE, () -> Content.text("other"))))
                    .isEqualTo("other");
            assertThat(text(same.get("k", MINUTE, () -> Content.text("x")))).isEqualTo("one");
        }
    }

    /** One that speaks another language. */
    abstract String urlOfAnotherKind();

    @Test
    void aServerOfAnotherKindCostsComputationsAndNoRequest() throws Exception {
        try (Cache cache = open(urlOfAnotherKind())) {
            for (int i = 0; i < 20; i++) {
                assertThat(text(cache.get("k", MINUTE, () -> Content.text("v")))).isEqualTo("v");
            }
            assertThat(cache.isReachable()).isFalse();
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
