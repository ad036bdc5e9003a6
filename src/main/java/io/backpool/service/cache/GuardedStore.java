package io.backpool.service.cache;

import io.backpool.engine.EngineWatch;
import io.backpool.engine.Reachability;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A {@link CacheStore} whose failures cost nobody more than a timeout: it is left alone while it
 * fails, and asked in the background whether it is back. Safe for all threads.
 */
final class GuardedStore implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(GuardedStore.class);

    /** A key that no entry has for long. */
    private static final String PROBE = "connect";

    private final CacheStore store;
    private final Duration lease;
    private final EngineWatch watch;
    private final CircuitBreaker reading;

    /** Of its own: a full engine goes on answering with what it has. */
    private final CircuitBreaker writing;

    /**
     * Connects when it is first asked, not before.
     *
     * @param url for the log, without its password
     * @param lease after which a claim ends by itself
     */
    GuardedStore(CacheStore store, String url, Duration lease) {
        var reachability = new Reachability("cache - " + url, "computing what it does not give");
        this.store = store;
        this.lease = lease;
        this.watch = new EngineWatch("cache", this::ask, reachability);
        this.reading = new CircuitBreaker(reachability, "read");
        this.writing = new CircuitBreaker(reachability, "write");
    }

    /** Null: it has none, or it fails. */
    @Nullable CacheEntry read(String key) {
        return reading.guard(() -> store.read(key));
    }

    void write(String key, CacheEntry entry, Duration keep) {
        if (entry.size() > CacheEntry.MAX_SIZE) {
            LOG.debug("cache - {} is not kept: {} bytes", key, entry.size());
        } else if (!reading.isOpen() && keep.toMillis() > 0) {
            writing.attempt(() -> store.write(key, entry, keep));
        }
    }

    /** Asks to be the one process that computes this key; null: it fails. */
    @Nullable Boolean claim(String key) {
        return reading.isOpen() ? null : writing.guard(() -> store.claim(key, lease));
    }

    void release(String key) {
        writing.attempt(() -> store.release(key));
    }

    /** Whether there is no use in waiting for what another process writes. */
    boolean fails() {
        return reading.isOpen() || writing.isOpen();
    }

    long failures() {
        return reading.failures() + writing.failures();
    }

    /** Whether the engine did what it was last asked for; does not wait for it. */
    boolean isReachable() {
        return store instanceof CaffeineStore || watch.isReachable();
    }

    /** Connects and reads. */
    void connect() throws Exception {
        store.read(PROBE);
    }

    /** What failed is done again here, on a full engine too: nobody else may do so again. */
    private long ask() throws Exception {
        connect();
        if (reading.isOpen()) {
            read(PROBE);
        }
        if (writing.isOpen()) {
            claim(PROBE);
            release(PROBE);
        }
        return 0;
    }

    @Override
    public void close() {
        watch.close();
        store.close();
    }
}
