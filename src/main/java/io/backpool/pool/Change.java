package io.backpool.pool;

/**
 * A change of the pool that takes time. The pool's thread makes one at a time, in the order in
 * which they were asked for: it calls {@link #advance} again and again, which never waits.
 */
interface Change {
    Progress progress();

    /** Does what can be done now; ends the {@link #progress} when all of it is. */
    void advance();
}
