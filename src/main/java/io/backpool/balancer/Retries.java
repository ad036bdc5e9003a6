package io.backpool.balancer;

import static io.backpool.balancer.MemberStatus.HC_FAIL;
import static io.backpool.balancer.MemberStatus.IN_ERROR;

import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * When httpd is made to try a member again that it found failing, at the next request and not after
 * {@code retry} seconds. Used by the reconciler's thread only.
 */
final class Retries {
    /** How long httpd ignores errors of a member that we know to be well. */
    static final Duration PULSE = Duration.ofSeconds(5);

    /** Then the fault is not in the past but between httpd and the member: its own retry rules. */
    static final Duration PAUSE = Duration.ofSeconds(30);

    /** So long a request that fails is repeated; nobody stops a member sooner. */
    private static final Duration RETURN = Duration.ofSeconds(1);

    /**
     * A health check that failed and has not come again for so long does not come: httpd makes no
     * more when the child that made them is killed, until it is reloaded (2.4.71).
     */
    static final Duration SILENCE = Duration.ofSeconds(5);

    private final InstantSource clock;

    /** When the running or last pulse of a member began. */
    private final Map<URI, Instant> pulses = new HashMap<>();

    /** Since when httpd is seen to find a member failing. */
    private final Map<URI, Instant> failing = new HashMap<>();

    /** Since when httpd's health check is seen to have failed. */
    private final Map<URI, Instant> unchecked = new HashMap<>();

    /** When the failed check of a member was last taken back. */
    private final Map<URI, Instant> takenBack = new HashMap<>();

    /** When a member that another pool had stopped was last put in. */
    private final Map<URI, Instant> returns = new HashMap<>();

    /** When the pool last saw that a member is well. */
    private final Map<URI, Instant> alive = new HashMap<>();

    Retries(InstantSource clock) {
        this.clock = clock;
    }

    /** Only these are still looked at. */
    void retain(Set<URI> urls) {
        pulses.keySet().retainAll(urls);
        failing.keySet().retainAll(urls);
        unchecked.keySet().retainAll(urls);
        takenBack.keySet().retainAll(urls);
        returns.keySet().retainAll(urls);
        alive.keySet().retainAll(urls);
    }

    /** The pool saw at this time that the member is well. */
    void alive(URI url, Instant when) {
        alive.put(url, when);
    }

    /** What httpd says of the member now. */
    void seen(BalancerMember member) {
        if (member.is(IN_ERROR)) {
            failing.putIfAbsent(member.url(), clock.instant());
        } else {
            failing.remove(member.url());
            pulses.remove(member.url());
        }
        if (member.is(HC_FAIL)) {
            unchecked.putIfAbsent(member.url(), clock.instant());
        } else {
            unchecked.remove(member.url());
        }
    }

    /**
     * Whether httpd shall ignore errors of this member now. Only of one that was seen to be well
     * since it failed: one that hangs fails in httpd before the pool notices. And not for ever: one
     * that only we can reach would be tried and tried again at the clients' expense.
     */
    boolean isDue(URI url) {
        if (!isWell(url, failing.get(url), Duration.ZERO)) {
            return false;
        }
        Instant now = clock.instant();
        Instant began = pulses.computeIfAbsent(url, key -> now);
        if (!now.isBefore(began.plus(PULSE).plus(PAUSE))) {
            pulses.put(url, now);
            return true;
        }
        return now.isBefore(began.plus(PULSE));
    }

    /** Whether httpd shall forget now that its health check of this member failed. */
    boolean isCheckSilent(URI url) {
        Instant now = clock.instant();
        Instant next = takenBack.getOrDefault(url, Instant.MIN).plus(PAUSE);
        if (now.isBefore(next) || !isWell(url, unchecked.get(url), SILENCE)) {
            return false;
        }
        takenBack.put(url, now);
        return true;
    }

    /**
     * Whether a member that another pool stopped shall be put in now: at once, but one whose host
     * comes and goes not each time.
     */
    boolean isReturned(URI url) {
        Instant now = clock.instant();
        Instant began = returns.computeIfAbsent(url, key -> now);
        if (!now.isBefore(began.plus(PAUSE))) {
            returns.put(url, now);
            return true;
        }
        return now.isBefore(began.plus(RETURN));
    }

    /** Whether the member was seen to be well so long after it failed in httpd. */
    private boolean isWell(URI url, @Nullable Instant failed, Duration later) {
        Instant well = alive.get(url);
        return failed != null && well != null && !well.isBefore(failed.plus(later));
    }
}
