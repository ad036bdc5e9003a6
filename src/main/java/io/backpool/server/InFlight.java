package io.backpool.server;

import io.backpool.config.LimitsConfig;
import io.undertow.server.HttpServerExchange;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The requests that a member has begun and not finished: the truth that a leaving member waits for
 * (httpd's {@code busy} leaks when one of its children is killed). Each is in it once, and leaves
 * it however it ends. Safe for all threads.
 */
public final class InFlight {
    private static final Duration POLL = Duration.ofMillis(20);

    private final String name;
    private final Duration requestTimeout;
    private final Duration writeTimeout;
    private final Consumer<HttpServerExchange> completed;
    private final Set<LiveRequest> requests = ConcurrentHashMap.newKeySet();

    /** Requests that ended without their handlers, which still run. */
    private final Set<LiveRequest> stuck = ConcurrentHashMap.newKeySet();

    /** Of answers that stay open. */
    private final Set<DrainTask> drainTasks = ConcurrentHashMap.newKeySet();

    private volatile boolean leaving;

    private final LongAdder timeouts = new LongAdder();
    private final LongAdder unread = new LongAdder();

    /**
     * Has none yet.
     *
     * @param name who speaks in the log
     * @param completed called once for each request that has ended
     */
    InFlight(String name, LimitsConfig limits, Consumer<HttpServerExchange> completed) {
        this.name = name;
        this.requestTimeout = limits.requestTimeout();
        this.writeTimeout = limits.writeTimeout();
        this.completed = completed;
    }

    LiveRequest enter(HttpServerExchange exchange) {
        var request = new LiveRequest(exchange, this);
        requests.add(request);
        return request;
    }

    /** A request has ended. */
    void completed(LiveRequest request) {
        if (requests.remove(request)) {
            completed.accept(request.exchange());
        }
    }

    /** A handler has come back. */
    void returned(LiveRequest request) {
        stuck.remove(request);
    }

    void countTimeout(LiveRequest request) {
        timeouts.increment();
        stuck.add(request);
        if (!request.isHandled()) {
            stuck.remove(request);
        }
    }

    void countUnread() {
        unread.increment();
    }

    /** Whether one of this peer is among them. */
    boolean holds(SocketAddress peer) {
        return requests.stream()
                .anyMatch(
                        request ->
                                peer.equals(request.exchange().getConnection().getPeerAddress()));
    }

    /** Ends those whose time is over. */
    void look(long now) {
        for (LiveRequest request : requests) {
            request.look(now);
        }
    }

    /** Runs a task of this exchange at the next {@link #drain}; at once if there will be none. */
    DrainTask onDrain(HttpServerExchange exchange, Runnable end) {
        var task = new DrainTask(exchange, end);
        drainTasks.add(task);
        if (leaving) {
            drain(task);
        }
        return task;
    }

    void forget(DrainTask task) {
        drainTasks.remove(task);
    }

    /** Asks for the end of all answers that stay open; of later ones, too, if it leaves. */
    void drain(boolean leaves) {
        leaving = leaves;
        drainTasks.forEach(this::drain);
    }

    private void drain(DrainTask task) {
        if (drainTasks.remove(task)) {
            task.exchange.getIoThread().execute(task.end);
        }
    }

    String name() {
        return name;
    }

    Duration requestTimeout() {
        return requestTimeout;
    }

    Duration writeTimeout() {
        return writeTimeout;
    }

    public int count() {
        return requests.size();
    }

    /** How many were ended, and how many handlers did not notice. */
    public EndStats stats() {
        return new EndStats(timeouts.sum(), unread.sum(), stuck.size());
    }

    /**
     * Waits until no request has been in flight for {@code quiet}: httpd may have chosen this
     * member just before it was asked not to.
     *
     * @return the number that is left when {@code timeout} is over, 0 if none
     */
    public int awaitNone(Duration quiet, Duration timeout) throws InterruptedException {
        long now = System.nanoTime();
        long deadline = now + timeout.toNanos();
        long busy = now;
        while (now - deadline < 0 && now - busy < quiet.toNanos()) {
            Thread.sleep(POLL.toMillis());
            now = System.nanoTime();
            busy = count() > 0 ? now : busy;
        }
        return count();
    }

    /** What ends one answer that stays open. */
    record DrainTask(HttpServerExchange exchange, Runnable end) {
        @Override
        public boolean equals(@Nullable Object other) {
            return this == other;
        }

        @Override
        public int hashCode() {
            return System.identityHashCode(this);
        }
    }
}
