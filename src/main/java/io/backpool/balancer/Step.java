package io.backpool.balancer;

import java.util.List;

/** One request to httpd for one member. Immutable. */
record Step(Action action, DesiredMember member, List<Change> changes) {
    /** What is done, in one word, for log and metrics. */
    enum Action {
        ADD("added"),
        ENABLE("enabled"),
        DRAIN("draining"),
        DISABLE("disabled"),
        /** Errors are forgotten at the next request. */
        PULSE("retried at once"),
        /** Of another pool: its host has vanished. */
        STOP("stopped, since its host has vanished,"),
        /** Of another pool: its host is back. */
        RETURN("put in again, since its host is back,"),
        /** Load factor only. */
        WEIGH("weighed"),
        /** Route, note or health check only. */
        SET("set");

        private final String words;

        Action(String words) {
            this.words = words;
        }

        String words() {
            return words;
        }

        String label() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }
    }
}
