package io.backpool.local;

import io.backpool.app.AppTasks;
import io.backpool.config.AppSettings;
import io.backpool.config.Config;
import io.backpool.config.ServicesConfig;
import io.backpool.config.SessionsConfig;
import io.backpool.observe.Metrics;
import io.backpool.observe.ServiceMetrics;
import io.backpool.server.Blocking;
import io.backpool.server.ServerResources;
import io.backpool.service.cache.Cache;
import io.backpool.service.cache.PoolCache;
import io.backpool.service.database.Database;
import io.backpool.service.queue.PoolQueue;
import io.backpool.service.queue.Queue;
import io.backpool.service.session.RedisSessions;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.time.Duration;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * The services of this process. Each is opened when it is first asked for, shows its metrics from
 * then on, and is closed with the pool. Safe for all threads.
 */
final class PoolServices extends MemberServices implements AutoCloseable {
    private final ServicesConfig config;
    private final AppSettings settings;
    private final ServerResources resources;
    private final ServiceMetrics metrics;
    private final Isolated isolated;
    private final Duration drainTimeout;
    private final Teardown opened = new Teardown();

    /** Guarded by this, like all below. */
    private @Nullable Cache cache;

    private @Nullable Queue queue;
    private @Nullable PoolQueue engine;
    private @Nullable Database database;
    private @Nullable Thread ending;

    /** System.nanoTime at which tasks are interrupted. */
    private long endBy;

    /**
     * None is open yet.
     *
     * @param application its class loader
     */
    PoolServices(
            Config config,
            ServerResources resources,
            ServiceMetrics metrics,
            MeterRegistry meters,
            ClassLoader application) {
        super(
                resources,
                meters,
                new AppTasks(
                        application,
                        Blocking.isVirtual(config.pool().blocking()),
                        resources.threads().max()));
        this.isolated = new Isolated(application);
        this.drainTimeout = config.pool().drainTimeout();
        this.config = config.services();
        this.settings = config.app().settings();
        this.resources = resources;
        this.metrics = metrics;
    }

    /** The sessions that are not in this JVM; null where they are. */
    static @Nullable RedisSessions sessions(SessionsConfig config, Metrics metrics) {
        if (config.url().scheme().equals("memory")) {
            return null;
        }
        RedisSessions sessions = RedisSessions.open(config);
        metrics.services().addSessions(sessions::stats);
        return sessions;
    }

    @Override
    public Clock clock() {
        return Clock.systemUTC();
    }

    @Override
    public <T> T config(Class<T> type) {
        return Isolated.unchecked(() -> settings.as(type));
    }

    @Override
    public synchronized Cache cache() {
        if (cache == null) {
            PoolCache made =
                    Isolated.unchecked(() -> PoolCache.open(config.cache(), config.cacheName()));
            opened.add(made);
            metrics.addCache(made::stats);
            resources.services().add("cache", made::isReachable);
            cache = isolated.cache(made);
        }
        return cache;
    }

    @Override
    public synchronized Queue queue() {
        if (queue == null) {
            PoolQueue made =
                    Isolated.unchecked(() -> PoolQueue.open(config.queue(), this::dataSource));
            engine = opened.add(made);
            metrics.addQueue(made::stats);
            resources.services().add("queue", made::isReachable);
            queue = isolated.queue(made);
        }
        return queue;
    }

    @Override
    public DataSource dataSource() {
        return Isolated.unchecked(() -> database().dataSource());
    }

    @Override
    public void migrate(Class<?> owner, String folder) {
        Isolated.unchecked(
                () -> {
                    database().migrate(owner, folder);
                    return folder;
                });
    }

    private synchronized Database database() {
        if (database == null) {
            database = opened.add(Database.open(config.database()));
            metrics.addDatabase(database::stats);
            resources.services().add("database", database::isReachable);
        }
        return database;
    }

    /**
     * Begins to end the handlers of messages: they take no more, and end while the members answer
     * their last requests. What they use, the application and the other services, is still there.
     */
    synchronized Thread endHandlers() {
        if (ending == null) {
            endBy = System.nanoTime() + drainTimeout.toNanos();
            PoolQueue opened = engine;
            ending = new Thread(opened == null ? () -> {} : opened::endConsumers, "end-handlers");
            ending.start();
        }
        return ending;
    }

    /** Waits until they, and after them the application's tasks, have ended or were interrupted. */
    void awaitHandlers() throws InterruptedException {
        endHandlers().join();
        long left;
        synchronized (this) {
            left = endBy - System.nanoTime();
        }
        endTasks(Duration.ofNanos(Math.max(0, left)));
    }

    @Override
    public void close() throws Exception {
        var failure = new Exception("The services did not stop cleanly");
        try {
            endTasks(Duration.ZERO); // of an application that did not start
        } catch (InterruptedException e) {
            failure.addSuppressed(e);
        }
        opened.closeAfter(failure);
        if (failure.getSuppressed().length > 0) {
            throw failure;
        }
    }
}
