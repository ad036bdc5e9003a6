package io.backpool.service.queue;

import java.time.Duration;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One attempt at a message that a broker delivered: what is written where, and in which order, so
 * that a death between any two steps loses nothing. Safe for all threads.
 *
 * <pre>
 *   states: processing, attempt n      done or dead already: nothing is left to do
 *   handler
 *     returned: states: done
 *     threw:    broker: to be delivered later, confirmed; states: queued
 *               the last time: states: dead, with its body
 *   broker: the delivery is over        by the caller
 * </pre>
 *
 * A step that the database or the broker refuses is tried until it is done. The delivery and its
 * thread wait as long, and so does the broker with more: while the database of the states is away
 * nothing is consumed, and nothing goes back to a broker that counts how often.
 */
final class Attempt {
    private static final Logger LOG = LoggerFactory.getLogger(Attempt.class);
    private static final Duration AFTER_FAILURE = Duration.ofSeconds(1);

    private final MessageStates states;
    private final Retries retries;
    private final MessageHandler handler;
    private final Counters counters;
    private final Broker broker;

    Attempt(
            MessageStates states,
            Retries retries,
            MessageHandler handler,
            Counters counters,
            Broker broker) {
        this.states = states;
        this.retries = retries;
        this.handler = handler;
        this.counters = counters;
        this.broker = broker;
    }

    /** Throws {@link QueueException} while there is no use in consuming. */
    void check() {
        states.check();
    }

    /**
     * Returns when the delivery may be called over.
     *
     * @param given whether the delivery is somebody else's by now, or is to be given back
     * @throws InterruptedException if it is unfinished and must be delivered again
     */
    void run(String id, byte[] body, BooleanSupplier given) throws InterruptedException {
        int[] attempt = new int[1];
        surely(given, () -> attempt[0] = states.begin(id));
        if (attempt[0] == 0) {
            counters.duplicates.increment();
        } else if (attempt[0] > retries.attempts()) {
            bury(id, body, MessageTable.DIED, given);
        } else {
            handle(new Message(id, body, attempt[0]), body, given);
        }
    }

    /** The broker has given it up; returns as {@link #run}. */
    void bury(String id, byte[] body, String reason, BooleanSupplier given)
            throws InterruptedException {
        surely(given, () -> states.bury(id, body, reason));
        counters.dead.increment();
    }

    private void handle(Message message, byte[] body, BooleanSupplier given)
            throws InterruptedException {
        String result;
        try {
            result = handler.handle(message);
        } catch (InterruptedException e) {
            surely(() -> true, () -> states.settle(message.id(), MessageState.QUEUED, null));
            throw e;
        } catch (Exception | Error e) {
            LOG.warn("queue - {} failed, attempt {}", message.id(), message.attempt(), e);
            failed(message, body, e.toString(), given);
            return;
        }
        surely(given, () -> states.settle(message.id(), MessageState.DONE, result));
        counters.done.increment();
    }

    private void failed(Message message, byte[] body, String reason, BooleanSupplier given)
            throws InterruptedException {
        if (retries.isLast(message.attempt())) {
            bury(message.id(), body, reason, given);
            return;
        }
        Duration delay = retries.after(message.attempt());
        surely(given, () -> broker.later(message.id(), body, delay));
        surely(given, () -> states.settle(message.id(), MessageState.QUEUED, reason));
        counters.retried.increment();
    }

    /** Once at least. */
    private static void surely(BooleanSupplier given, Runnable step) throws InterruptedException {
        while (true) {
            try {
                step.run();
                return;
            } catch (QueueException e) {
                if (given.getAsBoolean()) {
                    throw (InterruptedException) new InterruptedException().initCause(e);
                }
                Thread.sleep(AFTER_FAILURE.toMillis());
            }
        }
    }
}
