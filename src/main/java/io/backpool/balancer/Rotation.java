package io.backpool.balancer;

import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What the pool wants of every httpd in front of it. Only {@link #askAgain} waits for httpd: a wish
 * is carried out later, and {@link #isAgreed} says when. Safe for all threads.
 */
public interface Rotation extends AutoCloseable {
    /** Whether there is no httpd to talk to. */
    boolean isEmpty();

    /**
     * Member {@code index}, which is ready, shall get requests.
     *
     * @param share as in {@link #share}
     */
    void putIn(int index, int share);

    /**
     * How much of a whole member's new clients member {@code index} shall get, while it is put in.
     * Nobody waits for that: it makes no difference to {@link #isAgreed}.
     *
     * @param share percent, from 1 to 100
     */
    void share(int index, int share);

    /** Member {@code index} is well at this moment: an error that httpd saw before is over. */
    void alive(int index);

    /** No new clients for member {@code index}; those that stick to it stay. */
    void drain(int index);

    /** No requests for member {@code index}. */
    void disable(int index);

    /** Ends what an operator did in balancer-manager to member {@code index}. */
    void resume(int index);

    /** Member {@code index} is closed for good: httpd keeps it, disabled, and checks it no more. */
    void forget(int index);

    /** Whether nothing is wanted any more, of any httpd, of a member that was to be forgotten. */
    boolean isForgotten(int index);

    /**
     * Whether another process has members in places of this pool: those of which nothing is wanted
     * here are left alone then.
     */
    void shared(boolean shared);

    /**
     * Whether every httpd has member {@code index} as it was last wanted. False for an httpd that
     * does not answer; true where there is none.
     *
     * @param without names of front ends that need not agree
     */
    boolean isAgreed(int index, Set<String> without);

    /** The front ends' names, as operators type them: the manager's host and port, the balancer. */
    List<String> names();

    /** Names of the front ends whose members are declared there: no member can be added. */
    List<String> declared();

    /**
     * Asks those that are {@link #unreachable} once more, and waits a few seconds for them: one
     * that has just come back is not refused.
     *
     * @param without names of front ends that need not answer
     */
    void askAgain(Set<String> without);

    /** Names of the front ends whose manager could not be read the last time. */
    List<String> unreachable();

    /**
     * Why member {@code index} is not in a rotation that it shall be in, and what to do, a line a
     * front end; empty: it is in all of them, or shall not be.
     */
    List<String> problems(int index);

    /** What each httpd says of the member with this route, by the front end's name. */
    Map<String, String> says(String route);

    /** Every httpd at the end of the last look at it. */
    List<BalancerStats> stats();

    /** Ends the talk with every httpd; what they have stays. */
    @Override
    void close();
}
