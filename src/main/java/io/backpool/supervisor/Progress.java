package io.backpool.supervisor;

import io.backpool.observe.PoolControl.RestartProgress;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How far a rolling restart is. Safe for all threads. */
final class Progress {
    private static final Logger LOG = LoggerFactory.getLogger(Progress.class);

    /** Guarded by this. */
    private final List<String> steps = new ArrayList<>();

    /** Guarded by this. */
    private boolean running = true;

    /** Guarded by this. */
    private @Nullable String error;

    void step(String step) {
        LOG.info("{}", step);
        synchronized (this) {
            steps.add(step);
        }
    }

    void done() {
        synchronized (this) {
            running = false;
        }
    }

    void failed(String why) {
        LOG.error("restart stopped: {}", why);
        synchronized (this) {
            running = false;
            error = why;
        }
    }

    synchronized boolean isRunning() {
        return running;
    }

    synchronized RestartProgress view() {
        return new RestartProgress(running, steps, error);
    }
}
