package io.backpool.service.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.backpool.config.ServiceUrl;
import io.backpool.testkit.RedisGroup;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** The contract on a cluster, behind Sentinels, and over TLS. */
@ParameterizedClass
@MethodSource("io.backpool.testkit.RedisGroup#shapes")
class RedisGroupStoreIT extends SharedCacheContract {
    @TempDir static Path home;
    private static final Map<RedisGroup.Shape, RedisGroup> STARTED =
            new EnumMap<>(RedisGroup.Shape.class);

    private final RedisGroup redis;

    RedisGroupStoreIT(RedisGroup.Shape shape) {
        this.redis = Objects.requireNonNull(STARTED.get(shape));
    }

    @BeforeParameterizedClassInvocation
    static void start(RedisGroup.Shape shape) throws IOException {
        Path folder = Files.createDirectory(home.resolve(shape.name()));
        STARTED.put(shape, RedisGroup.start(shape, folder));
    }

    @AfterParameterizedClassInvocation
    static void stop() {
        STARTED.values().forEach(RedisGroup::close);
        STARTED.clear();
    }

    @Override
    String url() {
        return redis.url();
    }

    @Override
    CacheStore store() {
        return new RedisStore(new ServiceUrl(url()), name());
    }

    @Test
    void aMasterThatDiesUnderTrafficIsReplacedAndNoRequestFails() throws Exception {
        List<String> keys = IntStream.range(0, 50).mapToObj(i -> "key " + i).toList();
        var stopped = new AtomicBoolean();
        var thread = Executors.newSingleThreadExecutor();
        try (PoolCache cache = open(url())) {
            Future<Integer> traffic = thread.submit(() -> use(cache, keys, stopped));
            await().until(() -> cache.stats().hits() > 0);
            redis.killMaster();
            await().atMost(Duration.ofMinutes(1))
                    .until(
                            () -> {
                                long before = cache.stats().misses();
                                use(cache, keys, new AtomicBoolean(true));
                                return cache.stats().misses() == before && cache.isReachable();
                            });
            stopped.set(true);
            assertThat(traffic.get()).isPositive();
        } finally {
            thread.shutdownNow();
        }
        redis.awaitReplicas();
    }

    /** Returns how many requests it made, each answered rightly. */
    private static int use(PoolCache cache, List<String> keys, AtomicBoolean stopped)
            throws Exception {
        int requests = 0;
        do {
            for (String key : keys) {
                assertThat(text(cache.get(key, MINUTE, () -> Content.text(key)))).isEqualTo(key);
                requests++;
            }
        } while (!stopped.get());
        return requests;
    }
}
