package io.backpool.service.session;

import io.backpool.config.ServiceUrl;
import io.backpool.engine.RedisLink;
import io.lettuce.core.ScriptOutputType;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Sessions as hashes in Redis: a field an attribute, so that two requests of one session change
 * what they change and nothing else. Scripts make each step one round trip. Safe for all threads.
 */
final class SessionRedis implements AutoCloseable {
    /** Of whatever is waited for. */
    static final Duration TIMEOUT = Duration.ofSeconds(1);

    private static final String PREFIX = "backpool:session:";

    /** Fields of ours; attributes have names that begin with {@link #ATTRIBUTE}. */
    private static final String CREATED = "created";

    private static final String IDLE = "idle";
    private static final String ATTRIBUTE = "a:";

    /** The fields, and how long it would have lived; it lives on for its time. */
    private static final String READ =
            """
            local all = redis.call('HGETALL', KEYS[1])
            local idle = redis.call('HGET', KEYS[1], 'idle')
            if not idle then return {} end
            all[#all + 1] = 'left'
            all[#all + 1] = tostring(redis.call('PTTL', KEYS[1]))
            redis.call('PEXPIRE', KEYS[1], idle)
            return all
            """;

    /** ARGV: 1 if it may be new, idle milliseconds, number of fields to set, these, the removed. */
    private static final String WRITE =
            """
            if ARGV[1] == '0' and redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
            local last = 3 + 2 * tonumber(ARGV[3])
            for i = 4, last, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
            for i = last + 1, #ARGV do redis.call('HDEL', KEYS[1], ARGV[i]) end
            redis.call('PEXPIRE', KEYS[1], ARGV[2])
            return 1
            """;

    private final RedisLink redis;

    SessionRedis(ServiceUrl url) {
        redis = new RedisLink(url.uri(), TIMEOUT);
    }

    /**
     * A session as it is in Redis.
     *
     * @param created milliseconds since 1970
     * @param accessed likewise, before now
     * @param attributes decoded
     */
    record Stored(long created, long accessed, Duration idle, Map<String, Object> attributes) {}

    /** Reads a session and lets its time begin anew; null if there is none. */
    @Nullable Stored read(String id) {
        List<byte[]> reply =
                redis.connection()
                        .sync()
                        .eval(READ, ScriptOutputType.MULTI, new String[] {PREFIX + id});
        if (reply == null || reply.isEmpty()) {
            return null;
        }
        Map<String, byte[]> fields = new HashMap<>();
        for (int i = 0; i < reply.size(); i += 2) {
            fields.put(new String(reply.get(i), StandardCharsets.UTF_8), reply.get(i + 1));
        }
        long idle = number(fields.get(IDLE));
        long left = number(fields.get("left"));
        Map<String, Object> attributes = new HashMap<>();
        fields.forEach(
                (name, value) -> {
                    if (name.startsWith(ATTRIBUTE)) {
                        attributes.put(
                                name.substring(ATTRIBUTE.length()), AttributeValue.decode(value));
                    }
                });
        return new Stored(
                number(fields.get(CREATED)),
                System.currentTimeMillis() - Math.max(0, idle - left),
                Duration.ofMillis(idle),
                attributes);
    }

    /** Writes what changed; does not wait. A session that is gone meanwhile stays gone. */
    CompletionStage<?> write(
            String id,
            @Nullable Long created,
            Duration idle,
            Map<String, byte[]> set,
            Collection<String> removed) {
        List<byte[]> arguments = new ArrayList<>();
        arguments.add(bytes(created == null ? "0" : "1"));
        arguments.add(bytes(Long.toString(idle.toMillis())));
        arguments.add(bytes(Integer.toString(set.size() + (created == null ? 1 : 2))));
        arguments.add(bytes(IDLE));
        arguments.add(bytes(Long.toString(idle.toMillis())));
        if (created != null) {
            arguments.add(bytes(CREATED));
            arguments.add(bytes(Long.toString(created)));
        }
        set.forEach(
                (name, value) -> {
                    arguments.add(bytes(ATTRIBUTE + name));
                    arguments.add(value);
                });
        removed.forEach(name -> arguments.add(bytes(ATTRIBUTE + name)));
        return redis.connection()
                .async()
                .eval(
                        WRITE,
                        ScriptOutputType.INTEGER,
                        new String[] {PREFIX + id},
                        arguments.toArray(new byte[0][]));
    }

    void delete(String id) {
        redis.connection().sync().del(PREFIX + id);
    }

    void rename(String from, String to) {
        redis.connection().sync().rename(PREFIX + from, PREFIX + to);
    }

    @Override
    public void close() {
        redis.close();
    }

    private static long number(byte @Nullable [] text) {
        return text == null ? 0 : Long.parseLong(new String(text, StandardCharsets.US_ASCII));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
