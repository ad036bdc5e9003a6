package io.backpool.service.session;

import io.undertow.server.HttpServerExchange;
import io.undertow.server.session.Session;
import io.undertow.server.session.SessionConfig;
import io.undertow.server.session.SessionManager;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * A session as one request sees it, with what the request changed. Its methods may be called by any
 * thread of that request.
 */
final class RedisSession implements Session {
    private final RedisSessions manager;
    private final @Nullable SessionConfig config;
    private final long created;
    private final long accessed;

    /** Guarded by this, like all below. */
    private String id;

    private final Map<String, Object> attributes;
    private final Map<String, byte[]> set = new HashMap<>();
    private final Set<String> removed = new HashSet<>();
    private Duration idle;
    private boolean isNew;
    private boolean changed;
    private boolean invalid;

    /** A new one. */
    RedisSession(RedisSessions manager, @Nullable SessionConfig config, String id, Duration idle) {
        this(
                manager,
                config,
                id,
                new SessionRedis.Stored(
                        System.currentTimeMillis(), System.currentTimeMillis(), idle, Map.of()));
        this.isNew = true;
        this.changed = true;
    }

    /** One that Redis has. */
    RedisSession(
            RedisSessions manager,
            @Nullable SessionConfig config,
            String id,
            SessionRedis.Stored stored) {
        this.manager = manager;
        this.config = config;
        this.id = id;
        this.created = stored.created();
        this.accessed = stored.accessed();
        this.idle = stored.idle();
        this.attributes = new HashMap<>(stored.attributes());
    }

    /** Sends what changed since the last time; null if nothing did. */
    synchronized @Nullable CompletionStage<?> flush(SessionRedis redis) {
        if (!changed || invalid) {
            return null;
        }
        CompletionStage<?> sent = redis.write(id, isNew ? created : null, idle, set, removed);
        isNew = false;
        changed = false;
        set.clear();
        removed.clear();
        return sent;
    }

    @Override
    public synchronized String getId() {
        return id;
    }

    @Override
    public void requestDone(HttpServerExchange exchange) {
        manager.flush(this);
    }

    @Override
    public long getCreationTime() {
        requireValid();
        return created;
    }

    @Override
    public long getLastAccessedTime() {
        requireValid();
        return accessed;
    }

    /** {@inheritDoc} In seconds; 0 or less, which Undertow takes for ever, means a year. */
    @Override
    public synchronized void setMaxInactiveInterval(int interval) {
        requireValid();
        idle = interval > 0 ? Duration.ofSeconds(interval) : RedisSessions.FOR_EVER;
        changed = true;
    }

    @Override
    public synchronized int getMaxInactiveInterval() {
        requireValid();
        return Math.toIntExact(idle.toSeconds());
    }

    @Override
    public synchronized @Nullable Object getAttribute(String name) {
        requireValid();
        return attributes.get(name);
    }

    @Override
    public synchronized Set<String> getAttributeNames() {
        requireValid();
        return Set.copyOf(attributes.keySet());
    }

    /**
     * {@inheritDoc}
     *
     * @throws IllegalArgumentException for what is no plain value, or larger than 64 KiB
     */
    @Override
    public synchronized @Nullable Object setAttribute(String name, @Nullable Object value) {
        if (value == null) {
            return removeAttribute(name);
        }
        requireValid();
        byte[] bytes = AttributeValue.encode(name, value);
        Object before = attributes.put(name, value);
        // An array may have been changed in place.
        if (!Objects.equals(before, value) || value instanceof byte[]) {
            set.put(name, bytes);
            removed.remove(name);
            changed = true;
        }
        return before;
    }

    @Override
    public synchronized @Nullable Object removeAttribute(String name) {
        requireValid();
        Object before = attributes.remove(name);
        if (before != null) {
            set.remove(name);
            removed.add(name);
            changed = true;
        }
        return before;
    }

    @Override
    public synchronized void invalidate(@Nullable HttpServerExchange exchange) {
        requireValid();
        manager.delete(this, id, exchange);
        invalid = true;
        if (config != null && exchange != null) {
            config.clearSession(exchange, id);
        }
    }

    /**
     * {@inheritDoc} Of two requests that do so, one wins, and both have its id. A session that is
     * gone keeps its id, and is invalid.
     */
    @Override
    public synchronized String changeSessionId(HttpServerExchange exchange, SessionConfig config) {
        requireValid();
        String renamed = manager.rename(this, id, isNew);
        if (renamed == null) {
            invalid = true;
        } else {
            id = renamed;
            config.setSessionId(exchange, id);
        }
        return id;
    }

    @Override
    public synchronized boolean isInvalid() {
        return invalid;
    }

    @Override
    public SessionManager getSessionManager() {
        return manager;
    }

    private synchronized void requireValid() {
        if (invalid) {
            throw new IllegalStateException("The session " + id + " was invalidated");
        }
    }
}
