package io.backpool.service.session;

import io.backpool.config.ServiceUrl;
import io.backpool.engine.RedisLink;
import io.lettuce.core.ScriptOutputType;
import io.undertow.server.session.SecureRandomSessionIdGenerator;
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

    /** To another key, of the same slot. The old one says where to, for requests that came late. */
    private static final String RENAME =
            """
            if redis.call('HEXISTS', KEYS[1], 'idle') == 1 then
              redis.call('RENAME', KEYS[1], KEYS[2])
              redis.call('HSET', KEYS[1], 'renamed', ARGV[1])
              redis.call('PEXPIRE', KEYS[1], ARGV[2])
            end
            return redis.call('HGET', KEYS[1], 'renamed')
            """;

    /** ARGV: 1 if it may be new, idle milliseconds, number of fields to set, these, the removed. */
    private static final String WRITE =
            """
            if ARGV[1] == '0' and redis.call('HEXISTS', KEYS[1], 'idle') == 0 then return 0 end
            local last = 3 + 2 * tonumber(ARGV[3])
            for i = 4, last, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
            for i = last + 1, #ARGV do redis.call('HDEL', KEYS[1], ARGV[i]) end
            redis.call('PEXPIRE', KEYS[1], ARGV[2])
            return 1
            """;

    /** Milliseconds in which a request that read a session may still find out its new id. */
    private static final String LATE = "60000";

    /** Letters of an id that are the same after a rename, beside all that can't be guessed. */
    private static final int SLOT = 4;

    private final SecureRandomSessionIdGenerator ids = new SecureRandomSessionIdGenerator();
    private final RedisLink redis;
    private final String prefix;

    SessionRedis(ServiceUrl url, String name) {
        redis = new RedisLink(url.withSecrets(), TIMEOUT);
        prefix = "backpool:" + name + ":session:";
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
                redis.call(commands -> commands.eval(READ, ScriptOutputType.MULTI, key(id)));
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
        return redis.send(
                commands ->
                        commands.eval(
                                WRITE,
                                ScriptOutputType.INTEGER,
                                new String[] {key(id)},
                                arguments.toArray(new byte[0][])));
    }

    /** Writes a session that is gone at once; throws if Redis takes none. */
    boolean canWrite() {
        write(newId(""), 0L, Duration.ofMillis(1), Map.of(), List.of())
                .toCompletableFuture()
                .join();
        return true;
    }

    /** Returns how many there were. */
    @Nullable Long delete(String id) {
        return redis.call(commands -> commands.del(key(id)));
    }

    /**
     * Gives a session another id.
     *
     * @return {@code to}, or the id that another request gave it in the last minute; null if there
     *     is no such session
     */
    @Nullable String rename(String from, String to) {
        byte[] id =
                redis.call(
                        commands ->
                                commands.eval(
                                        RENAME,
                                        ScriptOutputType.VALUE,
                                        new String[] {key(from), key(to)},
                                        bytes(to),
                                        bytes(LATE)));
        return id == null ? null : new String(id, StandardCharsets.UTF_8);
    }

    /** Another id for the session that has this one, or for a new one: in the same slot. */
    String newId(String before) {
        String id = ids.createSessionId();
        return before.length() < SLOT ? id : before.substring(0, SLOT) + id;
    }

    /** What is in braces decides on a cluster's slot. */
    private String key(String id) {
        int slot = Math.min(SLOT, id.length());
        return prefix + "{" + id.substring(0, slot) + "}" + id.substring(slot);
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
