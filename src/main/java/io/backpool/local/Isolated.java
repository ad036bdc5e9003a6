package io.backpool.local;

import io.backpool.service.cache.Cache;
import io.backpool.service.cache.Cached;
import io.backpool.service.queue.MessageHandler;
import io.backpool.service.queue.MessageStatus;
import io.backpool.service.queue.Queue;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/**
 * Changes the thread's context class loader where the application calls a service, and back where a
 * service calls the application: libraries on both sides find their own classes by it. Safe for all
 * threads.
 *
 * @param application the application's
 */
record Isolated(ClassLoader application) {
    private static final ClassLoader OURS = Isolated.class.getClassLoader();

    private static <T extends @Nullable Object> T ours(Callable<T> step) throws Exception {
        return within(OURS, step);
    }

    private static <T extends @Nullable Object> T within(ClassLoader loader, Callable<T> step)
            throws Exception {
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        thread.setContextClassLoader(loader);
        try {
            return step.call();
        } finally {
            thread.setContextClassLoader(before);
        }
    }

    /** Runs a step of ours that throws no checked exception. */
    static <T extends @Nullable Object> T unchecked(Callable<T> step) {
        try {
            return ours(step);
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** As the application uses it. */
    Cache cache(Cache cache) {
        return new Cache() {
            @Override
            public Cached get(String key, Duration ttl, Duration stale, Loader loader)
                    throws Exception {
                Loader inside = () -> within(application, loader::load);
                return ours(() -> cache.get(key, ttl, stale, inside));
            }
        };
    }

    /** As the application uses it. */
    Queue queue(Queue queue) {
        return new Queue() {
            @Override
            public String publish(byte[] body) {
                return unchecked(() -> queue.publish(body));
            }

            @Override
            public @Nullable MessageStatus find(String id) {
                return Isolated.<@Nullable MessageStatus>unchecked(() -> queue.find(id));
            }

            @Override
            public AutoCloseable consume(int threads, MessageHandler handler) {
                MessageHandler inside =
                        message ->
                                Isolated.<@Nullable String>within(
                                        application, () -> handler.handle(message));
                return unchecked(() -> queue.consume(threads, inside));
            }
        };
    }
}
