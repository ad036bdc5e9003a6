package io.backpool.service.queue;

import io.backpool.config.ServiceUrl;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A queue in a {@link SqliteFile}, which all processes of the host share. A commit is on the disk
 * before {@link #publish} returns; threads that publish at the same time share one. Safe for all
 * threads.
 */
final class SqliteQueue implements Queue {
    /** How long a dead process's messages wait for another. */
    static final Duration LEASE = Duration.ofSeconds(15);

    private final Retries retries;
    private final Duration lease;
    private final Counters counters;
    private final SqliteFile file;

    /** Held by the one that commits for all. */
    private final ReentrantLock committing = new ReentrantLock();

    /** What threads want to publish, until one of them takes all of it to commit. */
    private final ConcurrentLinkedQueue<Publication> publications = new ConcurrentLinkedQueue<>();

    private final List<SqliteConsumer> consumers = new CopyOnWriteArrayList<>();

    SqliteQueue(ServiceUrl url, Retries retries, Duration lease) {
        String path = url.withoutScheme();
        if (path.isBlank() || path.startsWith("//")) {
            throw new IllegalArgumentException("no file");
        }
        this.counters = new Counters(url);
        this.file = new SqliteFile(Path.of(path), counters);
        this.retries = retries;
        this.lease = lease;
    }

    /** A body on its way; what became of it is guarded by {@link #committing}. */
    private static final class Publication {
        final String id = UUID.randomUUID().toString();
        final byte[] body;
        boolean over;
        @Nullable QueueException failure;

        Publication(byte[] body) {
            this.body = body;
        }
    }

    @Override
    public String publish(byte[] body) {
        var mine = new Publication(body);
        publications.add(mine);
        committing.lock();
        try {
            if (!mine.over) {
                commitAll();
            }
            if (mine.failure != null) {
                throw mine.failure;
            }
        } finally {
            committing.unlock();
        }
        counters.published.increment();
        consumers.forEach(SqliteConsumer::wake);
        return mine.id;
    }

    /** In one transaction; they share its failure too, instead of waiting one after the other. */
    private void commitAll() {
        List<Publication> batch = new ArrayList<>();
        Map<String, byte[]> bodies = new HashMap<>();
        for (var one = publications.poll(); one != null; one = publications.poll()) {
            batch.add(one);
            bodies.put(one.id, one.body);
        }
        @Nullable QueueException failure = new QueueException("The commit broke off", null);
        try {
            file.write(
                    Counters.PUBLISH,
                    connection -> {
                        MessageTable.insert(connection, bodies);
                        return bodies.size();
                    });
            failure = null;
        } catch (QueueException e) {
            failure = e;
        } finally {
            for (Publication one : batch) {
                one.over = true;
                one.failure = failure;
            }
        }
    }

    @Override
    public @Nullable MessageStatus find(String id) {
        return file.isThere() ? file.read(connection -> MessageTable.find(connection, id)) : null;
    }

    @Override
    public AutoCloseable consume(int threads, MessageHandler handler) {
        var consumer = new SqliteConsumer(file, threads, handler, retries, lease, counters);
        consumers.add(consumer);
        consumer.start();
        return () -> {
            consumers.remove(consumer);
            consumer.close();
        };
    }

    @Override
    public boolean isReachable() {
        return counters.reachability().isReachable();
    }

    @Override
    public QueueStats stats() {
        return counters.stats(depth());
    }

    private long depth() {
        try {
            Long depth = file.isThere() ? file.read(MessageTable::depth) : null;
            return depth == null ? 0 : depth;
        } catch (QueueException e) {
            return -1;
        }
    }

    @Override
    public void close() {
        consumers.forEach(SqliteConsumer::close);
        consumers.clear();
        file.close();
    }
}
