package io.backpool.service.queue;

import org.jspecify.annotations.Nullable;

/**
 * What became of a message.
 *
 * @param id of the message
 * @param state where it is
 * @param attempts begun so far
 * @param result of the handler, or why the last attempt failed
 */
public record MessageStatus(String id, MessageState state, int attempts, @Nullable String result) {}
