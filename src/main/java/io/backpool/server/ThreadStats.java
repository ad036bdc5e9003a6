package io.backpool.server;

import org.xnio.management.XnioWorkerMXBean;

/**
 * The pool of threads for blocking handlers at one moment. Where those run on virtual threads only
 * {@code busy} moves.
 *
 * @param busy blocking handlers at work; counted by ourselves, since XNIO always says -1
 * @param queue requests that wait for their turn, or, without a limit, for a thread
 */
public record ThreadStats(int busy, int current, int max, int queue) {
    static ThreadStats of(XnioWorkerMXBean worker, Blocking blocking) {
        return new ThreadStats(
                blocking.busy(),
                worker.getWorkerPoolSize(),
                worker.getMaxWorkerPoolSize(),
                blocking.waiting() + worker.getWorkerQueueSize());
    }
}
