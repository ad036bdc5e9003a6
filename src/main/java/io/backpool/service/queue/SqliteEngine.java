package io.backpool.service.queue;

import io.backpool.config.QueueConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A queue in a {@link SqliteFile}, which all processes of the host share. A commit is on the disk
 * before {@link #publish} returns; threads that publish at the same time share one. Safe for all
 * threads.
 */
final class SqliteEngine implements Engine {
    private final QueueConfig config;
    private final Retries retries;
    private final Counters counters;
    private final MessageTable table;
    private final SqliteFile file;

    /** Held by the one that commits for all. */
    private final ReentrantLock committing = new ReentrantLock();

    /** What threads want to publish, until one of them takes all of it to commit. */
    private final ConcurrentLinkedQueue<Publication> publications = new ConcurrentLinkedQueue<>();

    private final List<SqliteConsumer> consumers = new CopyOnWriteArrayList<>();

    SqliteEngine(QueueConfig config, Retries retries, Counters counters) {
        String path = config.url().withoutScheme();
        if (path.isBlank() || path.startsWith("//")) {
            throw new IllegalArgumentException("no file");
        }
        this.config = config;
        this.retries = retries;
        this.counters = counters;
        this.table = new MessageTable(config.name());
        this.file = new SqliteFile(Path.of(path), table, counters);
    }

    /** A body on its way; what became of it is guarded by {@link #committing}. */
    private static final class Publication {
        final String id;
        final byte[] body;
        boolean over;
        @Nullable QueueException failure;

        Publication(String id, byte[] body) {
            this.id = id;
            this.body = body;
        }
    }

    @Override
    public void publish(String id, byte[] body) {
        var mine = new Publication(id, body);
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
        wake();
    }

    /** In one transaction; they share its failure too, instead of waiting one after the other. */
    private void commitAll() {
        List<Publication> batch = new ArrayList<>();
        for (var one = publications.poll(); one != null; one = publications.poll()) {
            batch.add(one);
        }
        @Nullable QueueException failure = new QueueException("The commit broke off", null);
        try {
            file.write(
                    Counters.PUBLISH,
                    connection -> {
                        for (Publication one : batch) {
                            table.insert(connection, one.id, System.currentTimeMillis());
                            table.insertBody(connection, one.id, one.body);
                        }
                        return batch.size();
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
        return file.isUsed()
                ? file.read(connection -> Optional.ofNullable(table.find(connection, id)))
                        .orElse(null)
                : null;
    }

    @Override
    public List<DeadMessage> dead(int limit) {
        return file.isUsed() ? file.read(connection -> table.dead(connection, limit)) : List.of();
    }

    @Override
    public boolean retry(String id) {
        boolean found = change(connection -> table.revive(connection, id));
        wake();
        return found;
    }

    @Override
    public boolean drop(String id) {
        return change(connection -> table.drop(connection, id));
    }

    private boolean change(Sql.Work<Boolean> work) {
        return file.isUsed() && file.write(Counters.PUBLISH, work);
    }

    @Override
    public List<String> missing() {
        return file.isUsed() ? List.of() : List.of("the file");
    }

    @Override
    public long depth() {
        counters.reachability()
                .retry(Counters.PUBLISH, () -> file.write(Counters.PUBLISH, table::probe) == 1);
        return file.isUsed() ? file.read(table::depth) : 0;
    }

    @Override
    public Consumer consume(int threads, MessageHandler handler) {
        var consumer = new SqliteConsumer(file, table, threads, handler, config, retries, counters);
        consumers.add(consumer);
        return () -> {
            consumers.remove(consumer);
            consumer.close();
        };
    }

    private void wake() {
        consumers.forEach(SqliteConsumer::wake);
    }

    @Override
    public void close() {
        file.close();
    }
}
