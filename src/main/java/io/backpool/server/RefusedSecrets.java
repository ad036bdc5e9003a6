package io.backpool.server;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts the AJP requests of one member that were refused for their secret, and logs one a minute
 * for each peer: with what to compare, never with a secret. Safe for all threads.
 */
final class RefusedSecrets {
    private static final Logger LOG = LoggerFactory.getLogger(RefusedSecrets.class);
    private static final long PAUSE = TimeUnit.MINUTES.toNanos(1);

    /** So that a scan from many addresses takes little memory. */
    private static final int MAX_PEERS = 256;

    private final String route;
    private final LongSupplier nanoTime;
    private final LongAdder count = new LongAdder();

    /** When a peer's last line was logged, by its address. Guarded by itself. */
    private final Map<String, Long> logged =
            new LinkedHashMap<>() {
                @Override
                protected boolean removeEldestEntry(Map.Entry<String, Long> eldest) {
                    return size() > MAX_PEERS;
                }
            };

    RefusedSecrets(String route, LongSupplier nanoTime) {
        this.route = route;
        this.nanoTime = nanoTime;
    }

    /**
     * A request was refused.
     *
     * @param peer its address, without a port
     * @param received its secret; empty: it had none; null: not known
     */
    void add(String peer, @Nullable String received) {
        count.increment();
        if (!isLogged(peer)) {
            return;
        }
        LOG.warn(
                "{} - AJP: refused a request from {}, its secret is wrong. SHA-256 of ours begins"
                        + " with {}; received: {}. httpd must include ajp-secret.conf of this"
                        + " pool, then be reloaded",
                route,
                peer,
                AjpSecret.fingerprint(AjpSecret.inUse()),
                received(received));
    }

    long count() {
        return count.sum();
    }

    private boolean isLogged(String peer) {
        long now = nanoTime.getAsLong();
        synchronized (logged) {
            Long last = logged.get(peer);
            if (last != null && now - last < PAUSE) {
                return false;
            }
            logged.put(peer, now);
            return true;
        }
    }

    private static String received(@Nullable String secret) {
        if (secret == null) {
            return "not known, the request came in parts";
        }
        return secret.isEmpty() ? "none" : "begins with " + AjpSecret.fingerprint(secret);
    }
}
