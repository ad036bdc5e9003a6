package io.backpool.pool;

import io.backpool.balancer.DesiredMember;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How many new clients one member gets, beside one that gets its whole share: less while its run is
 * new, and next to nothing while it is ejected. Changed by the pool's thread; all threads may read.
 */
final class Share {
    /** Of a run that has just become ready, percent. */
    private static final int COLD = 10;

    private static final Logger LOG = LoggerFactory.getLogger(Share.class);

    private final String route;
    private volatile int percent = DesiredMember.WHOLE;
    private boolean warm;
    private volatile @Nullable String ejected;

    /** When the run got clients first, or again after an ejection; null: not yet. */
    private @Nullable Long since;

    Share(String route) {
        this.route = route;
    }

    /** As of the last look. */
    int percent() {
        return percent;
    }

    /** Whether its slow start is over. */
    boolean isWarm() {
        return warm;
    }

    /** Why it is ejected, to follow its route; null: it is not. */
    @Nullable String ejected() {
        return ejected;
    }

    /** The next run begins as a new one. */
    void forget() {
        since = null;
        ejected = null;
    }

    /**
     * Looks what it is now: from a tenth to the whole, in steps of a second, since each is a change
     * in every httpd.
     *
     * @param most percent that it may be
     * @param now nanoseconds of a clock that only goes forward
     */
    int look(Duration slowStart, int most, long now) {
        long begin = since == null ? now : since;
        since = begin;
        long millis = Duration.ofNanos(now - begin).toSeconds() * 1000;
        warm = millis >= slowStart.toMillis();
        long grown =
                warm
                        ? DesiredMember.WHOLE
                        : COLD + (DesiredMember.WHOLE - COLD) * millis / slowStart.toMillis();
        percent = ejected != null ? DesiredMember.LEAST : (int) Math.min(most, grown);
        return percent;
    }

    /**
     * It is sick; one that is well again begins as a new one.
     *
     * @param reason null: it is well, or was taken out
     */
    void eject(@Nullable String reason) {
        if (reason != null && ejected == null) {
            LOG.warn("{} - ejected: it {}", route, reason);
        } else if (reason == null && ejected != null) {
            LOG.info("{} - not ejected any more", route);
            since = null;
        }
        ejected = reason;
    }
}
