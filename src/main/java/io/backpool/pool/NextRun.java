package io.backpool.pool;

import io.backpool.pool.Member.Ending;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the next run of a member is of, and when it starts: at once after a planned end, later after
 * each failure; after a replacement that can't start, it is what ran before. Used by the pool's
 * thread.
 */
final class NextRun {
    private static final Logger LOG = LoggerFactory.getLogger(NextRun.class);

    private final String route;
    private final Backoff backoff;
    private Release release;

    /** What ran before a replacement that has not been ready yet. */
    private @Nullable Release fallback;

    /** How the last start failed; null: it did not. */
    private @Nullable Ending failedStart;

    NextRun(String route, Release release, Backoff backoff) {
        this.route = route;
        this.release = release;
        this.backoff = backoff;
    }

    Release release() {
        return release;
    }

    /** How the last start failed; null: it did not, or has not yet. */
    @Nullable Ending failedStart() {
        return failedStart;
    }

    /** Another release is to follow the one that runs. */
    void replace(Release running, Release next) {
        fallback = running;
        release = next;
        failedStart = null;
    }

    /** The run is ready: what ran before is not needed any more. */
    void becameReady() {
        fallback = null;
        failedStart = null;
    }

    /** The member can't start, and is not tried again. */
    void neverStarts(Ending ending) {
        failedStart = ending;
    }

    /** The run ended, which was not planned; how long to wait before the next one. */
    Duration failed(MemberRun last, Ending ending, Duration uptime) {
        if (!last.wasReady()) {
            failedStart = ending;
            if (fallback != null) {
                LOG.error("{} - did not start: {}; starting what ran before", route, ending.text());
                release = fallback;
                fallback = null;
                return Duration.ZERO;
            }
        }
        Duration wait = backoff.next(uptime);
        LOG.error(
                "{} - process {} {}; starting another one in {} ms",
                route,
                last.member().report().pid(),
                ending.text(),
                wait.toMillis());
        return wait;
    }
}
