package io.backpool.service.cache;

import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.backpool.testkit.TestServer;
import io.backpool.testkit.Wire;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What one server promises besides, also while it is away. */
abstract class RemoteCacheContract extends SharedCacheContract {
    private static final int MANY = 100;

    abstract TestServer server();

    @Override
    String url() {
        return server().url();
    }

    @Test
    void killedAndRestartedItCostsComputationsAndNoRequest() throws Exception {
        try (PoolCache cache = open(url())) {
            assertThat(text(cache.get("k", MINUTE, () -> Content.text("v")))).isEqualTo("v");
            server().kill();
            for (int i = 0; i < 20; i++) {
                assertThat(text(cache.get("k", MINUTE, () -> Content.text("v")))).isEqualTo("v");
            }
            assertThat(cache.stats().failures()).isPositive();
            assertThat(cache.stats().reachable()).isFalse();
            server().restart();
            await().until(() -> cache.get("k", MINUTE, () -> Content.text("v")).hit());
            await().until(() -> cache.stats().reachable());
        }
    }

    /** The watch, which begins with the first question, finds it well. */
    @Test
    void anOutageThatOnlyARequestSawIsOverWhenItAnswers() throws Exception {
        try (Wire wire = Wire.to(server().port());
                PoolCache cache = open(wire.through(url()))) {
            cache.get("k", MINUTE, () -> Content.text("v"));
            wire.hold();
            cache.get("k", MINUTE, () -> Content.text("v"));
            wire.release();
            assertThat(cache.isReachable()).isFalse();
            await().until(cache::isReachable);
        }
    }

    @Test
    void awayFromTheStartItIsUsedOnceItIsThere() throws Exception {
        server().kill();
        try (PoolCache cache = open(url())) {
            assertThat(text(cache.get("k", MINUTE, () -> Content.text("v")))).isEqualTo("v");
            assertThat(cache.stats().reachable()).isFalse();
            server().restart();
            await().until(() -> cache.get("k", MINUTE, () -> Content.text("v")).hit());
        }
    }

    /** Its packets are held back: the process is stopped, its port still accepts. */
    @Test
    void slowItIsLeftAloneAfterTheFirstTimeout() throws Exception {
        try (PoolCache cache = open(url())) {
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
                PoolCache cache = open(wire.through(url()))) {
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
                PoolCache cache = open(wire.through(url()))) {
            cache.get("k", MINUTE, () -> Content.text("v"));
            wire.cut();
            await().atMost(ofSeconds(20))
                    .until(() -> cache.get("k", MINUTE, () -> Content.text("v")).hit());
            assertThat(cache.isReachable()).isTrue();
        }
    }

    /** One that speaks another language. */
    abstract String urlOfAnotherKind();

    @Test
    void aServerOfAnotherKindCostsComputationsAndNoRequest() throws Exception {
        try (PoolCache cache = open(urlOfAnotherKind())) {
            for (int i = 0; i < 20; i++) {
                assertThat(text(cache.get("k", MINUTE, () -> Content.text("v")))).isEqualTo("v");
            }
            assertThat(cache.isReachable()).isFalse();
        }
    }
}
