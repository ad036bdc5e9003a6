package io.backpool.server;

import io.backpool.config.LimitsConfig;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xnio.XnioIoThread;
import org.xnio.XnioWorker;

/**
 * A thread that looks a few times a second at every request in flight, so that a request needs no
 * timer of its own, at connections of h2c, and at the event loops that serve them.
 */
final class Watch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Watch.class);
    private static final long MOST_MILLIS = 500;
    private static final int LOOKS_A_TIMEOUT = 10;

    /** An event loop that was looked at this long without coming round takes no traffic. */
    private static final Duration LOOP_TIMEOUT = Duration.ofSeconds(60);

    private final Set<InFlight> watched = ConcurrentHashMap.newKeySet();
    private final Set<H2cConnection> connections = ConcurrentHashMap.newKeySet();
    private final List<Loop> loops = new ArrayList<>();
    private final XnioWorker worker;
    private final Consumer<String> dead;
    private final Duration headTime;
    private final Duration silence;
    private final long everyMillis;
    private final Thread thread;

    /** Looks when it is asked to, until {@link #start} makes it do so by itself. */
    Watch(LimitsConfig limits, XnioWorker worker, Consumer<String> dead) {
        this.worker = worker;
        this.dead = dead;
        this.headTime = limits.headerTimeout();
        this.silence = limits.idleTimeout().plus(limits.requestTimeout());
        long shortest =
                Stream.of(limits.requestTimeout(), limits.writeTimeout(), limits.bodyTimeout())
                        .min(Comparator.naturalOrder())
                        .orElseThrow()
                        .toMillis();
        this.everyMillis = Math.min(MOST_MILLIS, shortest / LOOKS_A_TIMEOUT);
        for (int i = 0; i < worker.getIoThreadCount(); i++) {
            loops.add(new Loop(worker.getIoThread(i)));
        }
        this.thread = new Thread(this::run, worker.getName() + " watch");
        thread.setDaemon(true);
    }

    /**
     * Begins to look.
     *
     * @param dead gets an event loop that will serve no request any more
     */
    static Watch start(LimitsConfig limits, XnioWorker worker, Consumer<String> dead) {
        var watch = new Watch(limits, worker, dead);
        watch.thread.start();
        return watch;
    }

    /** What a process does that can't serve any more: it ends, and is started again by others. */
    static void endProcess(String why) {
        try {
            LOG.error("{}; this process ends", why);
        } catch (Throwable e) {
            System.err.println(why + "; this process ends"); // what ended the loop ended the log
        } finally {
            Runtime.getRuntime().halt(70);
        }
    }

    void add(InFlight requests) {
        watched.add(requests);
    }

    void add(H2cConnection connection) {
        connections.add(connection);
    }

    void remove(InFlight requests) {
        watched.remove(requests);
    }

    private void run() {
        try {
            while (true) {
                Thread.sleep(everyMillis);
                look();
            }
        } catch (InterruptedException e) {
            LOG.debug("Closed");
        }
    }

    /** Once, which counts for as much time as lies between two looks. */
    void look() {
        long now = System.nanoTime();
        for (InFlight requests : watched) {
            try {
                requests.look(now);
            } catch (RuntimeException | Error e) { // such as no memory; the next look may do
                Blocking.report(requests.name() + " - its requests could not be looked at", e);
            }
        }
        connections.removeIf(
                connection -> !connection.look(now, headTime, silence, this::isRequesting));
        if (!worker.isShutdown()) {
            loops.forEach(Loop::look);
        }
    }

    /** Time between two looks. */
    long everyMillis() {
        return everyMillis;
    }

    private boolean isRequesting(SocketAddress peer) {
        return watched.stream().anyMatch(requests -> requests.holds(peer));
    }

    @Override
    public void close() {
        thread.interrupt();
    }

    /** One event loop. Looks are counted, not time: a process that was stopped is not blamed. */
    private final class Loop {
        private final XnioIoThread thread;
        private long unanswered;
        private volatile boolean ranTask = true;

        Loop(XnioIoThread thread) {
            this.thread = thread;
        }

        void look() {
            if (!thread.isAlive()) {
                dead.accept("the event loop " + thread.getName() + " has died");
            } else if (ranTask) {
                unanswered = 0;
                ranTask = false;
                try {
                    thread.execute(() -> ranTask = true);
                } catch (RejectedExecutionException e) {
                    LOG.debug("Shutting down", e);
                }
            } else if (++unanswered * everyMillis >= LOOP_TIMEOUT.toMillis()) {
                unanswered = 0;
                dead.accept(
                        "the event loop %s has been blocked for %d s; it is at %s"
                                .formatted(
                                        thread.getName(),
                                        LOOP_TIMEOUT.toSeconds(),
                                        List.of(thread.getStackTrace())));
            }
        }
    }
}
