package io.backpool.service.cache;

import io.backpool.config.ConfigException;
import io.backpool.config.ServiceUrl;
import io.backpool.engine.RedisLink;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.time.Clock;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The cache at {@code cache.url}, on any {@link CacheStore}. Safe for all threads; blocks. */
public final class PoolCache implements Cache, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PoolCache.class);

    /** How long another process is waited for before its work is done twice. */
    private static final Duration LEASE = Duration.ofSeconds(2);

    /** Every engine takes it. */
    private static final Duration YEAR = Duration.ofDays(365);

    private static final Duration LOOK_AGAIN = Duration.ofMillis(20);
    private static final int REFRESH_THREADS = 2;
    private static final int REFRESH_QUEUE = 1000;

    private final String engine;
    private final GuardedStore store;
    private final Clock clock;

    /** Computations of this process that others may join, by key. */
    private final ConcurrentMap<String, CompletableFuture<CacheEntry>> loading =
            new ConcurrentHashMap<>();

    /** Keys that this process has computed again behind their stale entry. */
    private final Set<String> refreshing = ConcurrentHashMap.newKeySet();

    private final ExecutorService refreshers;

    private final LongAdder hits = new LongAdder();
    private final LongAdder staleHits = new LongAdder();
    private final LongAdder misses = new LongAdder();
    private final LongAdder loads = new LongAdder();

    PoolCache(String engine, String url, CacheStore store, Clock clock) {
        this.engine = engine;
        this.store = new GuardedStore(store, url, LEASE);
        this.clock = clock;
        this.refreshers = refreshers();
    }

    /**
     * The cache at {@code cache.url}. Connects when it is first asked, not before.
     *
     * @param name in each key of an engine that others use too
     * @throws ConfigException if no engine has this scheme or it can't read the rest
     */
    public static PoolCache open(ServiceUrl url, String name) {
        return open(url, name, Clock.systemUTC());
    }

    /** The same, with another clock. */
    public static PoolCache open(ServiceUrl url, String name, Clock clock) {
        try {
            return new PoolCache(url.scheme(), url.toString(), store(url, name), clock);
        } catch (IllegalArgumentException e) {
            throw new ConfigException(
                    "cache.url: was "
                            + url
                            + ", must be memory:, memcached://HOST:PORT, "
                            + RedisLink.FORMS
                            + ": "
                            + e.getMessage());
        }
    }

    private static CacheStore store(ServiceUrl url, String name) {
        return switch (url.scheme()) {
            case "memory" -> new CaffeineStore();
            case "memcached" -> new MemcachedStore(url, name);
            default -> new RedisStore(url, name);
        };
    }

    @Override
    public Cached get(String key, Duration ttl, Duration stale, Loader loader) throws Exception {
        Duration fresh = bounded(ttl);
        Duration keep = bounded(fresh.plus(bounded(stale)));
        if (keep.toMillis() == 0) {
            misses.increment();
            return answer(compute(loader), false);
        }
        CacheEntry entry = store.read(key);
        if (entry != null && isFresh(entry, fresh)) {
            hits.increment();
            return answer(entry, true);
        }
        if (entry != null && isFresh(entry, keep)) {
            staleHits.increment();
            refresh(key, entry, fresh, keep, loader);
            return answer(entry, true);
        }
        misses.increment();
        return answer(await(load(key, fresh, keep, loader)), false);
    }

    /** Whether the engine did what it was last asked for; does not wait for it. */
    public boolean isReachable() {
        return store.isReachable();
    }

    /** Connects and reads a key that nothing writes. */
    public void connect() throws Exception {
        store.connect();
    }

    public CacheStats stats() {
        return new CacheStats(
                engine,
                hits.sum(),
                staleHits.sum(),
                misses.sum(),
                loads.sum(),
                store.failures(),
                isReachable());
    }

    @Override
    public void close() {
        refreshers.shutdownNow();
        store.close();
    }

    /** Joins the computation that is under way in this process, or is it. */
    private CompletableFuture<CacheEntry> load(
            String key, Duration ttl, Duration keep, Loader loader) {
        var mine = new CompletableFuture<CacheEntry>();
        CompletableFuture<CacheEntry> others = loading.putIfAbsent(key, mine);
        if (others != null) {
            return others;
        }
        try {
            mine.complete(loadOnce(key, ttl, keep, loader));
        } catch (Throwable t) {
            mine.completeExceptionally(t);
        } finally {
            loading.remove(key, mine);
        }
        return mine;
    }

    /** Computes, unless someone did between our look and our claim, or is at it elsewhere. */
    private CacheEntry loadOnce(String key, Duration ttl, Duration keep, Loader loader)
            throws Exception {
        Boolean claimed = store.claim(key);
        CacheEntry entry = Boolean.FALSE.equals(claimed) ? awaitOther(key, ttl) : store.read(key);
        if (entry != null && isFresh(entry, ttl)) {
            return entry;
        }
        try {
            CacheEntry computed = compute(loader);
            store.write(key, computed, keep);
            return computed;
        } finally {
            if (Boolean.TRUE.equals(claimed)) {
                store.release(key);
            }
        }
    }

    private CacheEntry compute(Loader loader) throws Exception {
        loads.increment();
        return new CacheEntry(loader.load(), clock.millis());
    }

    private @Nullable CacheEntry awaitOther(String key, Duration ttl) throws InterruptedException {
        long deadline = System.nanoTime() + LEASE.toNanos();
        while (System.nanoTime() < deadline && !store.fails()) {
            Thread.sleep(LOOK_AGAIN.toMillis());
            CacheEntry entry = store.read(key);
            if (entry != null && isFresh(entry, ttl)) {
                return entry;
            }
        }
        return null;
    }

    /** Has the stale entry computed again, unless someone is at it or has just failed. */
    private void refresh(String key, CacheEntry stale, Duration ttl, Duration keep, Loader loader) {
        if (clock.millis() < stale.retryAt() || !refreshing.add(key)) {
            return;
        }
        try {
            refreshers.execute(
                    () -> {
                        try {
                            refreshNow(key, ttl, keep, loader);
                        } finally {
                            refreshing.remove(key);
                        }
                    });
        } catch (RejectedExecutionException e) {
            refreshing.remove(key);
            LOG.debug("cache - {} stays stale: refreshes are behind", key);
        }
    }

    private void refreshNow(String key, Duration ttl, Duration keep, Loader loader) {
        if (!Boolean.TRUE.equals(store.claim(key))) {
            return;
        }
        CacheEntry entry = store.read(key);
        try {
            if (entry != null && !isFresh(entry, ttl) && clock.millis() >= entry.retryAt()) {
                store.write(key, compute(loader), keep);
            }
        } catch (Exception e) {
            LOG.warn("cache - {} stays stale: {}", key, e.toString());
            long now = clock.millis();
            store.write(key, entry.failed(now), keep.minus(entry.age(now)));
        } finally {
            store.release(key);
        }
    }

    private static Duration bounded(Duration time) {
        return time.isNegative() ? Duration.ZERO : time.compareTo(YEAR) > 0 ? YEAR : time;
    }

    private boolean isFresh(CacheEntry entry, Duration maxAge) {
        return entry.age(clock.millis()).compareTo(maxAge) < 0;
    }

    private Cached answer(CacheEntry entry, boolean hit) {
        return new Cached(entry.content(), entry.age(clock.millis()), hit);
    }

    private static CacheEntry await(CompletableFuture<CacheEntry> load) throws Exception {
        try {
            return load.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Exception cause) {
                throw cause;
            }
            throw e;
        }
    }

    /** No thread until the first refresh, none ten seconds after the last. */
    private static ExecutorService refreshers() {
        var pool =
                new ThreadPoolExecutor(
                        REFRESH_THREADS,
                        REFRESH_THREADS,
                        10,
                        TimeUnit.SECONDS,
                        new ArrayBlockingQueue<>(REFRESH_QUEUE),
                        new DefaultThreadFactory("cache-refresh", true));
        pool.allowCoreThreadTimeOut(true);
        return pool;
    }
}
