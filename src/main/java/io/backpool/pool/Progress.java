package io.backpool.pool;

import io.backpool.observe.PoolView.ChangeProgress;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How far a change is. Written by the pool's thread, read by all. */
final class Progress {
    private static final Logger LOG = LoggerFactory.getLogger(Progress.class);

    private final String what;

    /** Guarded by this. */
    private final List<String> steps = new ArrayList<>();

    /** Guarded by this. */
    private boolean running = true;

    /** Guarded by this. */
    private @Nullable String error;

    Progress(String what) {
        this.what = what;
    }

    void step(String step) {
        LOG.info("{}", step);
        synchronized (this) {
            steps.add(step);
        }
    }

    synchronized void done() {
        running = false;
    }

    void failed(String why) {
        LOG.error("{} stopped: {}", what, why);
        synchronized (this) {
            running = false;
            error = why;
        }
    }

    synchronized boolean isRunning() {
        return running;
    }

    synchronized ChangeProgress view() {
        return new ChangeProgress(what, running, steps, error);
    }
}
