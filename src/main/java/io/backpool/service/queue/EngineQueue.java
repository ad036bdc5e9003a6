package io.backpool.service.queue;

import io.backpool.engine.EngineWatch;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** A queue on any {@link Engine}: counts, watches it, and ends in order. Safe for all threads. */
final class EngineQueue implements PoolQueue {
    private final Engine engine;
    private final Counters counters;
    private final EngineWatch watch;
    private final List<Engine.Consumer> consumers = new CopyOnWriteArrayList<>();

    EngineQueue(Engine engine, Counters counters) {
        this.engine = engine;
        this.counters = counters;
        this.watch = new EngineWatch("queue", this::ask, counters.reachability());
    }

    private long ask() {
        engine.check();
        return engine.depth();
    }

    @Override
    public String publish(byte[] body) {
        String id = UUID.randomUUID().toString();
        engine.publish(id, body);
        counters.published.increment();
        return id;
    }

    @Override
    public @Nullable MessageStatus find(String id) {
        return engine.find(id);
    }

    @Override
    public AutoCloseable consume(int threads, MessageHandler handler) {
        watch.start();
        Engine.Consumer consumer = engine.consume(threads, handler);
        consumers.add(consumer);
        return () -> {
            consumers.remove(consumer);
            consumer.close();
        };
    }

    @Override
    public List<DeadMessage> dead(int limit) {
        return engine.dead(limit);
    }

    @Override
    public boolean retry(String id) {
        return engine.retry(id);
    }

    @Override
    public boolean drop(String id) {
        return engine.drop(id);
    }

    @Override
    public boolean isReachable() {
        return watch.isReachable();
    }

    @Override
    public QueueStats stats() {
        watch.start();
        return counters.stats(watch.answer());
    }

    @Override
    public String connect() {
        List<String> missing = engine.missing();
        return missing.isEmpty()
                ? "answers, " + engine.depth() + " messages wait"
                : "answers, "
                        + String.join(", ", missing)
                        + (missing.size() == 1 ? " is" : " are")
                        + " not there yet: made at the first use";
    }

    @Override
    public void endConsumers() {
        consumers.parallelStream().forEach(Engine.Consumer::close);
        consumers.clear();
    }

    @Override
    public void close() {
        endConsumers();
        watch.close();
        engine.close();
    }
}
