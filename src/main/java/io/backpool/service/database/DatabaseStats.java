package io.backpool.service.database;

/**
 * The connection pool as of now.
 *
 * @param engine {@code sqlite} or {@code postgresql}
 * @param pending threads that wait for a connection
 * @param reachable whether a connection could be had when one was last asked for; true before
 */
public record DatabaseStats(
        String engine, int active, int idle, int pending, int max, boolean reachable) {}
