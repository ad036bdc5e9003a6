package io.backpool.service.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.backpool.config.ServiceUrl;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every engine of the cache promises. */
abstract class CacheContract {
    static final Duration MINUTE = Duration.ofMinutes(1);

    private static final int ASKING = 200;

    private static final AtomicInteger TESTS = new AtomicInteger();

    private final String name = "test-" + TESTS.incrementAndGet();
    private final TestClock clock = new TestClock();
    private final AtomicInteger computed = new AtomicInteger();
    private PoolCache cache;

    abstract CacheStore store();

    /** The cache of another process, closed by the test; this one where there is no other. */
    PoolCache otherProcess(PoolCache own, Clock clock) {
        return new PoolCache("test", "test:", store(), clock);
    }

    @BeforeEach
    void open() throws IOException {
        cache = new PoolCache("test", "test:", store(), clock);
    }

    @AfterEach
    void close() {
        cache.close();
    }

    @Test
    void whatWasComputedOnceIsKept() throws Exception {
        Cached first = cache.get("a", MINUTE, this::compute);
        clock.pass(Duration.ofSeconds(7));
        Cached second = cache.get("a", MINUTE, this::compute);

        assertThat(first.hit()).isFalse();
        assertThat(text(first)).isEqualTo("1");
        assertThat(second.hit()).isTrue();
        assertThat(text(second)).isEqualTo("1");
        assertThat(second.age()).isEqualTo(Duration.ofSeconds(7));
        assertThat(Objects.requireNonNull(second.content()).type())
                .isEqualTo("text/plain; charset=utf-8");
        assertThat(cache.stats().hits()).isEqualTo(1);
        assertThat(cache.stats().misses()).isEqualTo(1);
    }

    @Test
    void whatIsOlderThanAskedForIsComputedAgain() throws Exception {
        cache.get("a", MINUTE, this::compute);
        clock.pass(MINUTE);
        assertThat(text(cache.get("a", MINUTE, this::compute))).isEqualTo("2");
    }

    @Test
    void nothingIsKeptToo() throws Exception {
        cache.get("none", MINUTE, this::computeNothing);
        Cached second = cache.get("none", MINUTE, this::computeNothing);
        assertThat(second.content()).isNull();
        assertThat(second.hit()).isTrue();
        assertThat(computed).hasValue(1);
    }

    @Test
    void theStaleIsServedWhileItIsComputedAgain() throws Exception {
        cache.get("a", MINUTE, MINUTE, this::compute);
        clock.pass(MINUTE.plusSeconds(1));

        Cached stale = cache.get("a", MINUTE, MINUTE, this::compute);
        assertThat(text(stale)).isEqualTo("1");
        assertThat(stale.age()).isEqualTo(MINUTE.plusSeconds(1));
        assertThat(cache.stats().staleHits()).isEqualTo(1);
        await().until(() -> text(cache.get("a", MINUTE, MINUTE, this::compute)).equals("2"));
        assertThat(computed).hasValue(2);
    }

    @Test
    void anyTimeToLiveIsAnsweredAndNoFaultOfTheEngine() throws Exception {
        for (Duration none :
                List.of(Duration.ZERO, Duration.ofNanos(1), Duration.ofSeconds(Long.MIN_VALUE))) {
            String before = text(cache.get("a", none, this::compute));
            assertThat(text(cache.get("a", none, none, this::compute))).isNotEqualTo(before);
        }
        for (Duration ever :
                List.of(Duration.ofDays(100_000), Duration.ofSeconds(Long.MAX_VALUE))) {
            String before = text(cache.get("b" + ever, ever, ever, this::compute));
            assertThat(text(cache.get("b" + ever, ever, ever, this::compute))).isEqualTo(before);
        }
        assertThat(cache.stats().failures()).isZero();
        assertThat(cache.isReachable()).isTrue();
    }

    /** However many ask, and in whichever process: one tries, the next after a pause that grows. */
    @Test
    void aLoaderThatFailsBehindAStaleEntryIsLeftAlone() throws Exception {
        Duration hour = Duration.ofHours(1);
        var failures = new AtomicInteger();
        Cache.Loader failing =
                () -> {
                    failures.incrementAndGet();
                    throw new IOException("no answer");
                };
        cache.get("a", MINUTE, hour, this::compute);
        clock.pass(MINUTE.plusSeconds(1));
        try (PoolCache other = otherProcess(cache, clock)) {
            for (int tries = 1; tries <= 3; tries++) {
                int expected = tries;
                await().until(
                                () -> {
                                    askTwice(cache, other, failing);
                                    return failures.get() >= expected;
                                });
                await().during(Duration.ofMillis(300))
                        .until(
                                () -> {
                                    askTwice(cache, other, failing);
                                    return failures.get() == expected;
                                });
                clock.pass(Duration.ofMinutes(1));
            }
            await().until(() -> text(cache.get("a", MINUTE, hour, this::compute)).equals("2"));
        }
    }

    private static void askTwice(PoolCache one, PoolCache other, Cache.Loader loader)
            throws Exception {
        for (PoolCache cache : List.of(one, other)) {
            assertThat(text(cache.get("a", MINUTE, Duration.ofHours(1), loader))).isEqualTo("1");
        }
    }

    @Test
    void aFailedComputationIsToldAndNotKept() throws Exception {
        assertThatThrownBy(
                        () ->
                                cache.get(
                                        "a",
                                        MINUTE,
                                        () -> {
                                            throw new IOException("no answer");
                                        }))
                .isInstanceOf(IOException.class)
                .hasMessage("no answer");
        assertThat(text(cache.get("a", MINUTE, this::compute))).isEqualTo("1");
    }

    @Test
    void anyTextIsAKey() throws Exception {
        for (String key : List.of("", "with space", "Zoë\r\nset x", "long".repeat(1000))) {
            cache.get(key, MINUTE, () -> Content.text("of " + key));
        }
        for (String key : List.of("", "with space", "Zoë\r\nset x", "long".repeat(1000))) {
            Cached again = cache.get(key, MINUTE, this::compute);
            assertThat(again.hit()).as(key).isTrue();
            assertThat(text(again)).isEqualTo("of " + key);
        }
    }

    @Test
    void bytesOfAnyKindAreKeptUpToAMegabyte() throws Exception {
        byte[] most = new byte[CacheEntry.MAX_SIZE - 100];
        new java.util.Random(7).nextBytes(most);
        cache.get("big", MINUTE, () -> new Content("application/octet-stream", most));
        Cached again = cache.get("big", MINUTE, this::compute);
        assertThat(again.hit()).isTrue();
        assertThat(bytes(again)).isEqualTo(most);

        byte[] more = new byte[CacheEntry.MAX_SIZE + 1];
        cache.get("too big", MINUTE, () -> new Content("application/octet-stream", more));
        assertThat(cache.get("too big", MINUTE, this::compute).hit()).isFalse();
        assertThat(cache.stats().failures()).isZero();
    }

    @Test
    void twoHundredWhoAskAtOnceComputeOnce() throws Exception {
        var start = new CountDownLatch(1);
        List<Future<String>> answers = new ArrayList<>();
        var threads = Executors.newFixedThreadPool(ASKING);
        try {
            for (int i = 0; i < ASKING; i++) {
                answers.add(
                        threads.submit(
                                () -> {
                                    start.await();
                                    return text(cache.get("hot", MINUTE, this::computeSlowly));
                                }));
            }
            start.countDown();
            for (Future<String> answer : answers) {
                assertThat(answer.get()).isEqualTo("1");
            }
        } finally {
            threads.shutdownNow();
        }
        assertThat(computed).hasValue(1);
        assertThat(cache.stats().loads()).isEqualTo(1);
    }

    private Content compute() {
        return Content.text(Integer.toString(computed.incrementAndGet()));
    }

    private @Nullable Content computeNothing() {
        computed.incrementAndGet();
        return null;
    }

    /** Takes until all have asked. */
    private Content computeSlowly() {
        await().until(() -> cache.stats().misses() == ASKING);
        return compute();
    }

    static String text(Cached cached) {
        return new String(bytes(cached), StandardCharsets.UTF_8);
    }

    static byte[] bytes(Cached cached) {
        var buffer = Objects.requireNonNull(cached.content()).bytes();
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        return bytes;
    }

    PoolCache open(String url) {
        return PoolCache.open(new ServiceUrl(url), name());
    }

    /** Of the test alone, on an engine that several share. */
    String name() {
        return name;
    }

    /** A clock that a test moves. */
    private static final class TestClock extends Clock {
        private volatile Instant now = Instant.now();

        void pass(Duration time) {
            now = now.plus(time);
        }

        @Override
        public Instant instant() {
            return now;
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }
    }
}
