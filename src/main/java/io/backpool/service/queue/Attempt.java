package io.backpool.service.queue;

import java.sql.SQLException;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One attempt at a message that a broker delivered: what is written where, and in which order, so
 * that a death between any two steps loses nothing. Safe for all threads.
 *
 * <pre>
 *   ledger: processing, attempt n      done or dead already: nothing is left to do
 *   handler
 *     returned: ledger: done
 *     threw:    broker: into the retry or the dead letters, confirmed; ledger: queued or dead
 *   broker: the delivery is over        by the caller, unless this throws
 * </pre>
 */
final class Attempt {
    private static final Logger LOG = LoggerFactory.getLogger(Attempt.class);

    private final Ledger ledger;
    private final Retries retries;
    private final MessageHandler handler;
    private final Counters counters;
    private final Broker broker;

    Attempt(
            Ledger ledger,
            Retries retries,
            MessageHandler handler,
            Counters counters,
            Broker broker) {
        this.ledger = ledger;
        this.retries = retries;
        this.handler = handler;
        this.counters = counters;
        this.broker = broker;
    }

    /**
     * Returns when the delivery may be called over.
     *
     * @throws InterruptedException if it is unfinished and must be delivered again
     * @throws SQLException likewise, because the ledger is away
     * @throws QueueException likewise, because the broker does not take it
     */
    void run(String id, byte[] body) throws InterruptedException, SQLException {
        int attempt = ledger.begin(id);
        if (attempt == 0) {
            counters.duplicates.increment();
        } else if (attempt > retries.attempts()) {
            bury(id, body, "its process died in each attempt");
        } else {
            handle(new Message(id, body, attempt), body);
        }
    }

    private void handle(Message message, byte[] body) throws InterruptedException, SQLException {
        String result;
        try {
            result = handler.handle(message);
        } catch (InterruptedException e) {
            ledger.settle(message.id(), MessageState.QUEUED, null);
            throw e;
        } catch (Exception | Error e) {
            LOG.warn("queue - {} failed, attempt {}", message.id(), message.attempt(), e);
            failed(message, body, e.toString());
            return;
        }
        ledger.settle(message.id(), MessageState.DONE, result);
        counters.done.increment();
    }

    private void failed(Message message, byte[] body, String reason) throws SQLException {
        if (retries.isLast(message.attempt())) {
            bury(message.id(), body, reason);
            return;
        }
        Duration delay = retries.after(message.attempt());
        broker.later(message.id(), body, delay);
        ledger.settle(message.id(), MessageState.QUEUED, reason);
        counters.retried.increment();
    }

    private void bury(String id, byte[] body, String reason) throws SQLException {
        broker.dead(id, body);
        ledger.settle(id, MessageState.DEAD, reason);
        counters.dead.increment();
    }
}
