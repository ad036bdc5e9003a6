package io.backpool.service.session;

import io.backpool.config.ConfigException;
import io.backpool.config.ServiceUrl;
import io.lettuce.core.RedisException;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.session.SecureRandomSessionIdGenerator;
import io.undertow.server.session.Session;
import io.undertow.server.session.SessionConfig;
import io.undertow.server.session.SessionListener;
import io.undertow.server.session.SessionListener.SessionDestroyedReason;
import io.undertow.server.session.SessionManager;
import io.undertow.server.session.SessionManagerStatistics;
import io.undertow.util.AttachmentKey;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Undertow's sessions in Redis: any member of any host goes on with a session where another left
 * it. A request that asks for its session waits for one round trip; what it changed is sent before
 * the response's first byte, and not waited for. A new session always has a new id. Safe for all
 * threads; waits, so it is asked on the blocking pool, and refuses event loops.
 *
 * <p>While Redis is away, asking for a session throws {@link SessionException}; a change that was
 * on its way is lost, and counted.
 */
public final class RedisSessions implements SessionManager, AutoCloseable {
    static final Duration FOR_EVER = Duration.ofDays(365);

    private static final Logger LOG = LoggerFactory.getLogger(RedisSessions.class);
    private static final AttachmentKey<RedisSession> OF_EXCHANGE =
            AttachmentKey.create(RedisSession.class);

    private final ServiceUrl url;
    private final SessionRedis redis;
    private final SecureRandomSessionIdGenerator ids = new SecureRandomSessionIdGenerator();
    private final List<SessionListener> listeners = new CopyOnWriteArrayList<>();
    private volatile Duration idle;

    private final AtomicBoolean reachable = new AtomicBoolean(true);
    private final LongAdder created = new LongAdder();
    private final LongAdder read = new LongAdder();
    private final LongAdder unknown = new LongAdder();
    private final LongAdder written = new LongAdder();
    private final LongAdder failures = new LongAdder();

    private RedisSessions(ServiceUrl url, Duration idle) {
        this.url = url;
        this.redis = new SessionRedis(url);
        this.idle = idle;
    }

    /**
     * The sessions at {@code sessions.url}. Connects when it is first asked, not before.
     *
     * @param idle a session that nobody asks for is gone after this
     * @throws ConfigException if the URL isn't Redis's
     */
    public static RedisSessions open(ServiceUrl url, Duration idle) {
        try {
            if (url.scheme().equals("redis") || url.scheme().equals("rediss")) {
                return new RedisSessions(url, idle);
            }
        } catch (IllegalArgumentException e) {
            LOG.debug("sessions.url", e);
        }
        throw new ConfigException(
                "sessions.url: was "
                        + url
                        + ", must be memory: or redis://HOST:PORT/DATABASE (rediss:// with TLS)");
    }

    public SessionStats stats() {
        return new SessionStats(
                created.sum(),
                read.sum(),
                unknown.sum(),
                written.sum(),
                failures.sum(),
                reachable.get());
    }

    @Override
    public Session createSession(HttpServerExchange exchange, SessionConfig config) {
        var session = new RedisSession(this, config, ids.createSessionId(), idle);
        config.setSessionId(exchange, session.getId());
        attach(exchange, session);
        created.increment();
        listeners.forEach(listener -> listener.sessionCreated(session, exchange));
        return session;
    }

    @Override
    public @Nullable Session getSession(HttpServerExchange exchange, SessionConfig config) {
        RedisSession known = exchange.getAttachment(OF_EXCHANGE);
        if (known != null) {
            return known.isInvalid() ? null : known;
        }
        String id = config.findSessionId(exchange);
        if (id == null) {
            return null;
        }
        if (exchange.isInIoThread()) {
            throw new IllegalStateException(
                    "Sessions in Redis are waited for: ask for them in a handler that"
                            + " Services.blocking wraps");
        }
        RedisSession found = find(id, config);
        if (found != null) {
            attach(exchange, found);
        }
        return found;
    }

    @Override
    public @Nullable Session getSession(String sessionId) {
        return find(sessionId, null);
    }

    private @Nullable RedisSession find(String id, @Nullable SessionConfig config) {
        SessionRedis.Stored stored;
        try {
            stored = redis.read(id);
            reached();
        } catch (RedisException e) {
            throw failed(e);
        }
        if (stored == null) {
            unknown.increment();
            return null;
        }
        read.increment();
        return new RedisSession(this, config, id, stored);
    }

    /** What the request changes goes out with its answer, and what it changes later at its end. */
    private void attach(HttpServerExchange exchange, RedisSession session) {
        exchange.putAttachment(OF_EXCHANGE, session);
        exchange.addResponseCommitListener(committing -> flush(session));
        exchange.addExchangeCompleteListener(
                (done, next) -> {
                    try {
                        flush(session);
                    } finally {
                        next.proceed();
                    }
                });
    }

    void flush(RedisSession session) {
        try {
            session.flush(redis);
        } catch (RedisException e) {
            failed(e);
        }
    }

    /** Counts how a write ends. */
    void watch(CompletionStage<?> write) {
        written.increment();
        write.whenComplete(
                (done, failure) -> {
                    if (failure != null) {
                        failed(failure);
                    } else {
                        reached();
                    }
                });
    }

    void delete(RedisSession session, String id, @Nullable HttpServerExchange exchange) {
        try {
            redis.delete(id);
            reached();
        } catch (RedisException e) {
            throw failed(e);
        }
        listeners.forEach(
                listener ->
                        listener.sessionDestroyed(
                                session, exchange, SessionDestroyedReason.INVALIDATED));
    }

    /** Gives it a new id, which is returned. */
    String rename(RedisSession session, String before, boolean isNew) {
        String id = ids.createSessionId();
        try {
            if (!isNew) {
                redis.rename(before, id);
                reached();
            }
        } catch (RedisException e) {
            throw failed(e);
        }
        listeners.forEach(listener -> listener.sessionIdChanged(session, before));
        return id;
    }

    @Override
    public String getDeploymentName() {
        return "backpool";
    }

    @Override
    public void start() {}

    /** Leaves the sessions to whoever asks next. */
    @Override
    public void stop() {
        redis.close();
    }

    @Override
    public void close() {
        stop();
    }

    /** {@inheritDoc} Told of what this process does; that a session expires, only Redis knows. */
    @Override
    public void registerSessionListener(SessionListener listener) {
        listeners.add(listener);
    }

    @Override
    public void removeSessionListener(SessionListener listener) {
        listeners.remove(listener);
    }

    @Override
    public void setDefaultSessionTimeout(int timeout) {
        idle = timeout > 0 ? Duration.ofSeconds(timeout) : FOR_EVER;
    }

    /** None: Redis is never searched. */
    @Override
    public Set<String> getTransientSessions() {
        return Set.of();
    }

    /** None: Redis is never searched. */
    @Override
    public Set<String> getActiveSessions() {
        return Set.of();
    }

    /** None: Redis is never searched. */
    @Override
    public Set<String> getAllSessions() {
        return Set.of();
    }

    /** Null: {@link #stats} tells what this process knows. */
    @Override
    public @Nullable SessionManagerStatistics getStatistics() {
        return null;
    }

    @Override
    public boolean isDistributed() {
        return true;
    }

    private void reached() {
        if (!reachable.get() && reachable.compareAndSet(false, true)) {
            LOG.info("sessions - {} is back", url);
        }
    }

    /** Counted, logged once; the result is to be thrown. */
    private SessionException failed(Throwable e) {
        failures.increment();
        Throwable cause = e;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        if (reachable.getAndSet(false)) {
            LOG.warn("sessions - {} fails: {}", url, cause.toString());
        }
        return new SessionException("No session can be read from " + url + ": " + cause, e);
    }
}
