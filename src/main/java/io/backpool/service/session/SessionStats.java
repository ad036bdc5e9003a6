package io.backpool.service.session;

/**
 * Counts of this process since its start.
 *
 * @param read found in the engine
 * @param unknown ids that clients brought and the engine does not have (any more)
 * @param written new or changed
 * @param failures of the engine
 * @param reachable whether the engine did what it was last asked for
 */
public record SessionStats(
        long created, long read, long unknown, long written, long failures, boolean reachable) {}
