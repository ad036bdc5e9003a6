package io.backpool.service.session;

import io.backpool.config.ConfigException;
import io.backpool.config.SessionsConfig;
import io.backpool.engine.EngineWatch;
import io.backpool.engine.RedisLink;
import io.lettuce.core.RedisException;
import io.undertow.server.HttpServerExchange;
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
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Undertow's sessions in Redis: any member of any host goes on with a session where another left
 * it. A request waits for one round trip when it asks for its session, and for another only if it
 * changed something: Redis has that before the client has the first byte of the answer, so that the
 * client's next request finds it wherever it goes. A new session always has a new id. Safe for all
 * threads; waits, so it is asked on the blocking pool, and refuses event loops.
 *
 * <p>While Redis is away, asking for a session throws {@link SessionException}; a change that it
 * does not take within a second is lost, and counted.
 */
public final class RedisSessions implements SessionManager, AutoCloseable {
    static final Duration FOR_EVER = Duration.ofDays(365);

    private static final Logger LOG = LoggerFactory.getLogger(RedisSessions.class);
    private static final AttachmentKey<RedisSession> OF_EXCHANGE =
            AttachmentKey.create(RedisSession.class);

    private final SessionCounters counters;
    private final EngineWatch watch;
    private final SessionRedis redis;
    private final List<SessionListener> listeners = new CopyOnWriteArrayList<>();
    private volatile Duration idle;

    private RedisSessions(SessionsConfig config) {
        this.counters = new SessionCounters(config.url());
        this.redis = new SessionRedis(config.url(), config.name());
        this.idle = config.timeout();
        this.watch = new EngineWatch("sessions", this::ask, counters.reachability());
    }

    /**
     * The sessions at {@code sessions.url}. Connects when it is first asked, not before.
     *
     * @throws ConfigException if the URL isn't Redis's
     */
    public static RedisSessions open(SessionsConfig config) {
        try {
            return new RedisSessions(config);
        } catch (IllegalArgumentException e) {
            throw new ConfigException(
                    "sessions.url: was "
                            + config.url()
                            + ", must be memory:, "
                            + RedisLink.FORMS
                            + ": "
                            + e.getMessage());
        }
    }

    /** Whether Redis did what it was last asked for; does not wait for it. */
    public boolean isReachable() {
        return watch.isReachable();
    }

    /** Connects and asks for a session that does not exist. */
    public void connect() {
        redis.read("connect");
    }

    /** A full Redis is asked to write, too: nobody else may do so again. */
    private long ask() {
        connect();
        counters.reachability().retry(SessionCounters.WRITE, redis::canWrite);
        return 0;
    }

    public SessionStats stats() {
        return counters.stats(isReachable());
    }

    @Override
    public Session createSession(HttpServerExchange exchange, SessionConfig config) {
        requireBlocking(exchange);
        var session = new RedisSession(this, config, redis.newId(""), idle);
        config.setSessionId(exchange, session.getId());
        attach(exchange, session);
        counters.created.increment();
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
        requireBlocking(exchange);
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
        SessionRedis.Stored stored = counters.count(() -> redis.read(id));
        if (stored == null) {
            counters.unknown.increment();
            return null;
        }
        counters.read.increment();
        return new RedisSession(this, config, id, stored);
    }

    private static void requireBlocking(HttpServerExchange exchange) {
        if (exchange.isInIoThread()) {
            throw new IllegalStateException(
                    "Sessions in Redis are waited for: ask for them in a handler that"
                            + " Services.blocking wraps");
        }
    }

    /**
     * What the request changes is there before its answer, what it changes later is not awaited.
     */
    private void attach(HttpServerExchange exchange, RedisSession session) {
        exchange.putAttachment(OF_EXCHANGE, session);
        exchange.addResponseCommitListener(
                committing -> {
                    CompletionStage<?> sent = flush(session);
                    if (sent != null && !committing.isInIoThread()) {
                        await(sent);
                    }
                });
        exchange.addExchangeCompleteListener(
                (done, next) -> {
                    try {
                        flush(session);
                    } finally {
                        next.proceed();
                    }
                });
    }

    /** Sends what changed, and counts how that ends; null if there is nothing to wait for. */
    @Nullable CompletionStage<?> flush(RedisSession session) {
        try {
            CompletionStage<?> sent = session.flush(redis);
            return sent == null ? null : counters.count(sent);
        } catch (RedisException e) {
            counters.failed(e);
            return null;
        }
    }

    /** However it ends: the answer is on its way, and it was counted. */
    private static void await(CompletionStage<?> sent) {
        try {
            sent.toCompletableFuture().get();
        } catch (ExecutionException e) {
            LOG.debug("sessions - a change is lost", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    void delete(RedisSession session, String id, @Nullable HttpServerExchange exchange) {
        counters.count(() -> redis.delete(id));
        listeners.forEach(
                listener ->
                        listener.sessionDestroyed(
                                session, exchange, SessionDestroyedReason.INVALIDATED));
    }

    /** Gives it a new id; null if it is gone. */
    @Nullable String rename(RedisSession session, String before, boolean isNew) {
        String id = redis.newId(before);
        String renamed = isNew ? id : counters.count(() -> redis.rename(before, id));
        if (id.equals(renamed)) {
            listeners.forEach(listener -> listener.sessionIdChanged(session, before));
        }
        return renamed;
    }

    @Override
    public String getDeploymentName() {
        return "backpool";
    }

    @Override
    public void start() {}

    /** Leaves the sessions to the next caller. */
    @Override
    public void stop() {
        watch.close();
        redis.close();
    }

    @Override
    public void close() {
        stop();
    }

    /**
     * {@inheritDoc} Called for what this process does; that a session expires, only Redis knows.
     */
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
}
