package io.backpool.service.queue;

import org.jspecify.annotations.Nullable;

/**
 * Messages that outlive the process that took them. Each is handled at least once, in no particular
 * order; a handler that must not do its work twice remembers {@link Message#id}. Safe for all
 * threads; every method blocks.
 */
public interface Queue {
    /**
     * Returns when the engine has the message safely.
     *
     * @param body of the message
     * @return the id to ask for its state by
     * @throws QueueException if the engine did not say so in time; it may have it nevertheless
     */
    String publish(byte[] body);

    /**
     * What became of a message.
     *
     * @param id of the message
     * @return null if there never was one, or it was done too long ago
     * @throws QueueException if the engine does not answer in time
     */
    @Nullable MessageStatus find(String id);

    /**
     * Handles messages in threads of this process until the result is closed. Closing lets handlers
     * finish for {@code pool.drain-timeout}, interrupts them, and gives back what is unfinished.
     *
     * @param threads how many messages at a time
     * @param handler does their work
     * @return ends it
     */
    AutoCloseable consume(int threads, MessageHandler handler);
}
