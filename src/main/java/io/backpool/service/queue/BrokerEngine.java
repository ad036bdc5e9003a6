package io.backpool.service.queue;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * RabbitMQ or Kafka: the {@link Broker} has the messages, the {@link MessageStates} what became of
 * them. Safe for all threads.
 */
final class BrokerEngine implements Engine {
    private final Broker broker;
    private final MessageStates states;
    private final Retries retries;
    private final Counters counters;

    BrokerEngine(Broker broker, MessageStates states, Retries retries, Counters counters) {
        this.broker = broker;
        this.states = states;
        this.retries = retries;
        this.counters = counters;
    }

    @Override
    public void publish(String id, byte[] body) {
        states.queued(id);
        try {
            broker.publish(id, body);
        } catch (QueueException e) {
            forget(id, e);
            throw e;
        }
    }

    /** The broker never took it. */
    private void forget(String id, QueueException failure) {
        try {
            states.forget(id);
        } catch (QueueException e) {
            failure.addSuppressed(e);
        }
    }

    @Override
    public @Nullable MessageStatus find(String id) {
        return states.find(id);
    }

    @Override
    public List<DeadMessage> dead(int limit) {
        return states.dead(limit);
    }

    /** Stays in the list of the dead until the broker has it. */
    @Override
    public boolean retry(String id) {
        byte[] body = states.allowRetry(id);
        if (body == null) {
            return false;
        }
        broker.publish(id, body);
        states.retried(id);
        return true;
    }

    @Override
    public boolean drop(String id) {
        return states.drop(id);
    }

    @Override
    public List<String> missing() {
        return broker.missing();
    }

    @Override
    public long depth() {
        states.check();
        return broker.depth();
    }

    @Override
    public Consumer consume(int threads, MessageHandler handler) {
        return broker.consume(threads, new Attempt(states, retries, handler, counters, broker));
    }

    @Override
    public void close() {
        broker.close();
    }
}
