package io.backpool.server;

import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xnio.XnioExecutor;

/**
 * Tasks for event loops. Those of a process that stops run nothing any more: that is only noted.
 */
final class EventLoops {
    private static final Logger LOG = LoggerFactory.getLogger(EventLoops.class);

    private EventLoops() {}

    static void execute(XnioExecutor loop, Runnable task) {
        try {
            loop.execute(task);
        } catch (RejectedExecutionException e) {
            LOG.debug("The event loop has ended", e);
        }
    }

    static void executeAfter(XnioExecutor loop, long nanos, Runnable task) {
        try {
            loop.executeAfter(task, nanos, TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException e) {
            LOG.debug("The event loop has ended", e);
        }
    }
}
