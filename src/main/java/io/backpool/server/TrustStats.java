package io.backpool.server;

/**
 * Forwarding headers that were not believed, since the member was opened; requests, not headers.
 *
 * @param malformed from a trusted proxy, but not in an allowed form; a certificate only if the
 *     application asked for it
 * @param untrusted from anyone else
 */
public record TrustStats(long malformed, long untrusted) {}
