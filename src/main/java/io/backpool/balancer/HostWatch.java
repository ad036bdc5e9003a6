package io.backpool.balancer;

import io.backpool.balancer.OtherHosts.Answer;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Whether one other host has vanished: neither this pool nor httpd gets an answer from it. One of
 * them alone may itself be cut off. Does no I/O. Used by the reconciler's thread.
 */
final class HostWatch {
    /** Connects in a row without an answer, {@link HostProbe#LIMIT} each. */
    static final int UNANSWERED = 2;

    /** Requests that httpd sent and that were not answered: one alone may be a slow one. */
    static final int REQUESTS = 2;

    /** So long httpd has waited for all of them, at least; pages are read a second apart. */
    static final Duration WAITED = Duration.ofMillis(900);

    /** So long a host must accept connections before its members are put in by another pool. */
    static final Duration STEADY = Duration.ofSeconds(10);

    /** Who never answered may be behind a firewall, for us. */
    private boolean reached;

    private int unanswered;
    private @Nullable Instant connectedSince;

    /** httpd's counts at the last page. */
    private Counts last = new Counts(0, 0, 0);

    /** As of the last answer to httpd. */
    private long sentBefore;

    /** When a page first showed enough requests without an answer. */
    private @Nullable Instant waitingSince;

    /** How long httpd waited like that lately, and was answered. */
    private Duration usual = Duration.ZERO;

    /** What came of a connect to it. */
    void probed(Answer answer, Instant now) {
        if (answer == Answer.NONE) {
            unanswered++;
        } else {
            if (unanswered >= UNANSWERED) { // What was before tells no more.
                sentBefore = last.sent();
                waitingSince = null;
                usual = Duration.ZERO;
            }
            reached = true;
            unanswered = 0;
        }
        if (answer != Answer.CONNECTED) {
            connectedSince = null;
        } else if (connectedSince == null) {
            connectedSince = now;
        }
    }

    /** What httpd shows of its members now. */
    void seen(List<BalancerMember> members, Instant now) {
        Counts counts = Counts.of(members);
        boolean answered = counts.hasAnswersSince(last);
        last = counts;
        if (answered) {
            learn(now);
            sentBefore = counts.sent();
            waitingSince = null;
        } else if (waitingSince == null && counts.sent() >= sentBefore + REQUESTS) {
            waitingSince = now;
        }
    }

    boolean isVanished(Instant now) {
        return reached && unanswered >= UNANSWERED && isWaiting(now);
    }

    /** Whether it has been there for a while. */
    boolean isSteady(Instant now) {
        return connectedSince != null && !now.isBefore(connectedSince.plus(STEADY));
    }

    /** Where answers take long, none for a while tells nothing. */
    private boolean isWaiting(Instant now) {
        Duration patience = usual.multipliedBy(2);
        return waitingSince != null
                && !now.isBefore(
                        waitingSince.plus(patience.compareTo(WAITED) > 0 ? patience : WAITED));
    }

    private void learn(Instant now) {
        Duration waited =
                waitingSince == null ? Duration.ZERO : Duration.between(waitingSince, now);
        Duration before = usual.multipliedBy(9).dividedBy(10);
        usual = waited.compareTo(before) > 0 ? waited : before;
    }

    /**
     * Of all members of the host.
     *
     * @param sent requests
     * @param over requests that are over, answered or not
     * @param read bytes; httpd counts the status line of HTTP, of AJP the bodies, of h2c nothing
     */
    private record Counts(long sent, long over, long read) {
        static Counts of(List<BalancerMember> members) {
            long sent = 0;
            long over = 0;
            long read = 0;
            for (BalancerMember member : members) {
                sent += member.elected();
                over += member.elected() - member.busy();
                read += member.read();
            }
            return new Counts(sent, over, read);
        }

        /**
         * Bytes alone don't tell: a slow client's answer is read on from httpd's own buffers. After
         * a restart of httpd its counts begin again.
         */
        boolean hasAnswersSince(Counts before) {
            return sent < before.sent || (over > before.over && (read > before.read || read == 0));
        }
    }
}
