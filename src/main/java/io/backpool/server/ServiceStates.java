package io.backpool.server;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.BooleanSupplier;

/**
 * The services that this process has started, and whether each did what it was last asked for. Asks
 * no engine, so that health answers at once. Safe for all threads.
 */
public final class ServiceStates {
    private final ConcurrentMap<String, BooleanSupplier> started = new ConcurrentHashMap<>();

    /**
     * Adds one that was started.
     *
     * @param isUp must not block
     */
    public void add(String name, BooleanSupplier isUp) {
        started.put(name, isUp);
    }

    /** {@code UP} or {@code DOWN} by name. */
    public Map<String, String> now() {
        Map<String, String> now = new TreeMap<>();
        started.forEach((name, isUp) -> now.put(name, isUp.getAsBoolean() ? "UP" : "DOWN"));
        return now;
    }
}
