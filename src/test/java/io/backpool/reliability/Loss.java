package io.backpool.reliability;

import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** An event that costs requests, and which. Times are {@link System#nanoTime}. */
sealed interface Loss {
    /** A connection to a dead process is closed at once; this much later a client knows. */
    long KNOWN_NANOS = TimeUnit.SECONDS.toNanos(5);

    /** A row of the figures. */
    String what();

    /**
     * Whether this is why the request failed.
     *
     * @param handlers pids of the members that began with it, in order
     */
    boolean explains(Attempt attempt, List<Long> handlers);

    /** Whether it was open at some instant of this time. */
    private static boolean wasOpen(Attempt attempt, long from, long to) {
        return attempt.begin() - to <= 0 && attempt.end() - from >= 0;
    }

    /**
     * A member's process died between these instants. What it had begun with fails, and what was on
     * the way to it.
     *
     * @param others routes of members that were well: a request that sticks to one was not on the
     *     way to it
     */
    record MemberDied(String what, long pid, Set<String> others, long from, long to)
            implements Loss {
        @Override
        public boolean explains(Attempt attempt, List<Long> handlers) {
            boolean withIt =
                    handlers.isEmpty()
                            ? attempt.route() == null || !others.contains(attempt.route())
                            : handlers.get(handlers.size() - 1) == pid;
            return withIt && wasOpen(attempt, from, to) && attempt.end() - to <= KNOWN_NANOS;
        }
    }

    /** One of httpd's children died: its clients get no answer. */
    record ChildDied(int front, long from, long to) implements Loss {
        @Override
        public String what() {
            return "httpd child killed";
        }

        @Override
        public boolean explains(Attempt attempt, List<Long> handlers) {
            return attempt.front() == front
                    && !attempt.answered()
                    && wasOpen(attempt, from, to)
                    && attempt.end() - to <= KNOWN_NANOS;
        }
    }

    /** An httpd was stopped, at once. */
    record HttpdStopped(int front, long from, long to) implements Loss {
        @Override
        public String what() {
            return "httpd stopped";
        }

        @Override
        public boolean explains(Attempt attempt, List<Long> handlers) {
            return attempt.front() == front && !attempt.answered() && wasOpen(attempt, from, to);
        }
    }

    /** The pool was killed, and is back. */
    record PoolKilled(long from, long to) implements Loss {
        @Override
        public String what() {
            return "no pool, after kill -9";
        }

        @Override
        public boolean explains(Attempt attempt, List<Long> handlers) {
            return wasOpen(attempt, from, to);
        }
    }

    /** The pool was stopped by TERM, and is back: what was open when it was asked is answered. */
    record PoolStopped(long from, long to) implements Loss {
        @Override
        public String what() {
            return "no pool, after TERM";
        }

        @Override
        public boolean explains(Attempt attempt, List<Long> handlers) {
            return attempt.begin() - from >= 0 && wasOpen(attempt, from, to);
        }
    }
}
