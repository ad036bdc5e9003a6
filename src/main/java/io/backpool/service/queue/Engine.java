package io.backpool.service.queue;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where a {@link Queue} has its messages. Connects at the first use, and again after a loss. Safe
 * for all threads; all methods block for a bounded time and throw {@link QueueException} if the
 * engine did not do it.
 */
interface Engine extends AutoCloseable {
    /** Returns when the engine has it safely. */
    void publish(String id, byte[] body);

    @Nullable MessageStatus find(String id);

    /** Up to so many that were given up, the latest first. */
    List<DeadMessage> dead(int limit);

    /** Queues a dead message again; whether there was one. */
    boolean retry(String id);

    /** Deletes a dead message; whether there was one. */
    boolean drop(String id);

    /** What the queue needs in the engine and is not there, by name; makes nothing. */
    List<String> missing();

    /**
     * How many messages wait, if also their states can be used and what failed last can be done
     * again; makes whatever it needs in the engine and is not there.
     */
    long depth();

    /** Handles messages in that many threads until the result is closed. */
    Consumer consume(int threads, MessageHandler handler);

    /** Consumers are closed before. */
    @Override
    void close();

    /** What handles messages in this process. */
    interface Consumer {
        /** Takes no more, lets handlers end, interrupts them, gives back what is unfinished. */
        void close();
    }
}
