package io.backpool.service.queue;

import org.jspecify.annotations.Nullable;

/** Does the work of a message. Called by several threads. */
@FunctionalInterface
public interface MessageHandler {
    /**
     * Returns when the work is done; until then another process takes over if this one dies.
     *
     * @param message whose work is to be done
     * @return what {@link MessageStatus#result} then says
     * @throws Exception to be tried again, later and later; after the fifth time the message is
     *     dead
     */
    @Nullable String handle(Message message) throws Exception;
}
