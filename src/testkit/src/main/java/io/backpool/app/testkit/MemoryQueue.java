package io.backpool.app.testkit;

import io.backpool.service.queue.Message;
import io.backpool.service.queue.MessageHandler;
import io.backpool.service.queue.MessageState;
import io.backpool.service.queue.MessageStatus;
import io.backpool.service.queue.Queue;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A queue in memory that tries again as the pool's do: five times in all, after one second of the
 * test's clock, two, four, eight. Guarded by itself.
 */
final class MemoryQueue implements Queue, AutoCloseable {
    private static final int ATTEMPTS = 5;

    private final Clock clock;
    private final Map<String, Entry> entries = new LinkedHashMap<>();
    private final List<Thread> threads = new ArrayList<>();

    MemoryQueue(TestClock clock) {
        this.clock = clock;
        clock.watch(this::wake);
    }

    @Override
    public synchronized String publish(byte[] body) {
        String id = UUID.randomUUID().toString();
        entries.put(id, new Entry(id, body.clone(), clock.instant()));
        notifyAll();
        return id;
    }

    @Override
    public synchronized @Nullable MessageStatus find(String id) {
        Entry entry = entries.get(id);
        return entry == null
                ? null
                : new MessageStatus(id, entry.state, entry.attempts, entry.result);
    }

    @Override
    public AutoCloseable consume(int count, MessageHandler handler) {
        List<Thread> mine = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            var thread = new Thread(() -> handleAll(handler), "test-queue-" + i);
            thread.setDaemon(true);
            thread.start();
            mine.add(thread);
        }
        synchronized (this) {
            threads.addAll(mine);
        }
        return () -> end(mine);
    }

    private void handleAll(MessageHandler handler) {
        try {
            while (true) {
                Entry entry = take();
                try {
                    var message = new Message(entry.id, entry.body, entry.attempts);
                    settle(entry, MessageState.DONE, handler.handle(message));
                } catch (InterruptedException e) {
                    settle(entry, MessageState.QUEUED, null);
                    throw e;
                } catch (Exception e) {
                    boolean last = entry.attempts >= ATTEMPTS;
                    settle(
                            entry,
                            last ? MessageState.DEAD : MessageState.QUEUED,
                            String.valueOf(e.getMessage()));
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // it is closed
        }
    }

    private synchronized Entry take() throws InterruptedException {
        while (true) {
            for (Entry entry : entries.values()) {
                if (entry.state == MessageState.QUEUED && !entry.due.isAfter(clock.instant())) {
                    entry.state = MessageState.PROCESSING;
                    entry.attempts++;
                    return entry;
                }
            }
            wait();
        }
    }

    private synchronized void settle(Entry entry, MessageState state, @Nullable String result) {
        entry.state = state;
        entry.result = result;
        entry.due = clock.instant().plus(Duration.ofSeconds(1L << (entry.attempts - 1)));
    }

    private synchronized void wake() {
        notifyAll();
    }

    private static void end(List<Thread> threads) {
        threads.forEach(Thread::interrupt);
    }

    @Override
    public synchronized void close() {
        end(threads);
    }

    /** One message, guarded by its queue. */
    private static final class Entry {
        private final String id;
        private final byte[] body;
        private MessageState state = MessageState.QUEUED;
        private Instant due;
        private int attempts;
        private @Nullable String result;

        Entry(String id, byte[] body, Instant due) {
            this.id = id;
            this.body = body;
            this.due = due;
        }
    }
}
