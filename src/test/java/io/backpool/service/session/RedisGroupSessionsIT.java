package io.backpool.service.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.backpool.testkit.RedisGroup;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** The contract on a cluster, behind Sentinels, and over TLS. */
@ParameterizedClass
@MethodSource("io.backpool.testkit.RedisGroup#shapes")
class RedisGroupSessionsIT extends SessionsContract {
    private static final Duration LONG = Duration.ofMinutes(1);

    @TempDir static Path home;
    private static final Map<RedisGroup.Shape, RedisGroup> STARTED =
            new EnumMap<>(RedisGroup.Shape.class);

    private final RedisGroup redis;

    RedisGroupSessionsIT(RedisGroup.Shape shape) {
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

    @Test
    void aMasterThatDiesUnderTrafficIsReplacedAndNobodyLosesASession() throws Exception {
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            ids.add(cookie(get(one, "/count", null)));
        }
        var stopped = new AtomicBoolean();
        var thread = Executors.newSingleThreadExecutor();
        try {
            Future<Set<String>> traffic = thread.submit(() -> read(ids, stopped));
            redis.killMaster();
            for (String id : ids) {
                await().atMost(LONG).until(() -> get(other, "/read", id).body().equals(expected()));
            }
            await().atMost(LONG).until(() -> one.sessions.isReachable());
            stopped.set(true);
            assertThat(traffic.get())
                    .contains("200 1")
                    .isSubsetOf("200 1", "503 ", "200 " + expected());
        } finally {
            thread.shutdownNow();
        }
        redis.awaitReplicas();
    }

    /** What one server had in memory alone is gone with it. */
    private String expected() {
        return redis.hasReplicas() ? "1" : "null";
    }

    /** Every kind of answer that there was. */
    private Set<String> read(List<String> ids, AtomicBoolean stopped) throws Exception {
        Set<String> answers = new TreeSet<>();
        while (!stopped.get()) {
            for (String id : ids) {
                var answer = get(one, "/read", id);
                answers.add(answer.statusCode() + " " + answer.body());
            }
        }
        return answers;
    }
}
