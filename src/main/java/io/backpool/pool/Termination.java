package io.backpool.pool;

import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends one run that hangs, or did not start or leave in time: its threads are logged where that may
 * tell why, then TERM, then KILL. Used by the pool's thread.
 */
final class Termination {
    private static final Logger LOG = LoggerFactory.getLogger(Termination.class);

    /** For a JVM that hangs to print its threads. */
    private static final Duration DUMP = Duration.ofMillis(2500);

    private static final Duration LONGEST_AFTER_TERM = Duration.ofSeconds(10);
    private static final Duration AFTER_KILL = Duration.ofSeconds(5);

    private final String route;
    private final Member run;
    private boolean terminated;

    Termination(String route, Member run) {
        this.route = route;
        this.run = run;
    }

    /** Logs what it does; for so long before {@link #next}. */
    Duration dump(String why) {
        boolean dumps = run.dumpThreads();
        LOG.error(
                "{} - process {} {}: {}it is ended",
                route,
                pid(),
                why,
                dumps ? "its threads follow, then " : "");
        return dumps ? DUMP : Duration.ZERO;
    }

    /** TERM, then KILL; for so long before the next time. */
    Duration next(Duration drainTimeout) {
        if (!terminated) {
            terminated = true;
            LOG.warn("{} - process {} is ended: TERM", route, pid());
            run.terminate();
            return drainTimeout.compareTo(LONGEST_AFTER_TERM) < 0
                    ? drainTimeout
                    : LONGEST_AFTER_TERM;
        }
        LOG.warn("{} - process {} ignores TERM: KILL", route, pid());
        run.kill();
        return AFTER_KILL;
    }

    private long pid() {
        return run.report().pid();
    }
}
