package io.backpool.server;

/** Which limit a refused request met. */
public enum Limit {
    /** Requests came faster than they could begin. */
    QUEUE_WAIT("limits.queue-wait"),
    /** All threads were busy for as long as a request may wait. */
    THREADS("pool.max-threads"),
    /** As many requests as the operator allows were at work for as long as a request may wait. */
    CONCURRENCY("limits.concurrency"),
    /** As many as the application allows for the path were at work. */
    PATH("path"),
    /** As many as may wait did wait. */
    QUEUE("limits.queue"),
    /** An operator held requests for longer than they may wait. */
    PAUSE("pause"),
    /** The process stopped before the request began. */
    STOP("pool.drain-timeout");

    private final String setting;

    Limit(String setting) {
        this.setting = setting;
    }

    /** The setting that says how much it is, or the command. */
    public String setting() {
        return setting;
    }
}
