package io.backpool.service.queue;

/**
 * A message that was given up, and is kept until a person decides.
 *
 * @param attempts that were made
 * @param reason why the last one failed
 * @param since when it was given up, in milliseconds since 1970
 */
public record DeadMessage(String id, int attempts, String reason, long since) {}
