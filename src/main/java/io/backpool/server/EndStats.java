package io.backpool.server;

/**
 * Requests that were ended from outside.
 *
 * @param timeouts not answered within {@code limits.request-timeout}
 * @param unread cut, since their clients read nothing for {@code limits.write-timeout}
 * @param stuck handlers that run now although their request was ended
 */
public record EndStats(long timeouts, long unread, int stuck) {}
