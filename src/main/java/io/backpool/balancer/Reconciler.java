package io.backpool.balancer;

import io.backpool.config.BalancerConfig;
import io.backpool.config.HttpdCheck;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings one httpd's view of our members to what we want, every second and whenever we want
 * something else. One daemon thread of its own talks with httpd; every method may be called by any
 * thread and only {@link #awaitAnswer} waits for httpd. Members that were not {@link #desire}d are
 * never touched.
 *
 * <p>An operator may disable, stop or drain a member of ours in balancer-manager: that is
 * respected, over restarts of the pool too, until {@link #resume}. {@link OwnershipNote} says how
 * it is known from a flag of the pool's own.
 */
public final class Reconciler implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Reconciler.class);

    private static final Duration INTERVAL = Duration.ofSeconds(1);

    /** A clock that no one sets. */
    private static final InstantSource CLOCK = () -> Instant.EPOCH.plusNanos(System.nanoTime());

    private final BalancerConfig config;
    private final Synchronizer synchronizer;
    private final Thread thread;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    /** By route. Guarded by lock. */
    private final Map<String, DesiredMember> desired = new LinkedHashMap<>();

    /** When each route was last seen to be well. Guarded by lock. */
    private final Map<String, Instant> alive = new HashMap<>();

    /** Guarded by lock. */
    private final List<String> resumed = new ArrayList<>();

    /** Counts what was asked of us. Guarded by lock. */
    private long asked;

    /** The value of {@link #asked} that {@link #stats} answers. Guarded by lock. */
    private long answered;

    /** Guarded by lock. */
    private BalancerStats stats;

    /** Guarded by lock. */
    private boolean closed;

    /** Of the thread. */
    private boolean away;

    /**
     * @param places for members that the pool may have one day, wanted as gone
     * @param check what httpd asks members that join
     */
    public Reconciler(BalancerConfig config, List<DesiredMember> places, HttpdCheck check) {
        this.config = config;
        this.synchronizer = new Synchronizer(config, places, check, CLOCK);
        this.stats = BalancerStats.of(config, synchronizer.actions());
        this.thread = new Thread(this::run, "balancer-" + config.manager().getAuthority());
        this.thread.setDaemon(true);
    }

    public void start() {
        thread.start();
    }

    /** From now on this is wanted of the member with this route. */
    public void desire(DesiredMember member) {
        locked(
                () -> {
                    if (!member.equals(desired.put(member.route(), member))) {
                        wake();
                    }
                });
    }

    /** From now on this is wanted of its load factor; the next pass brings it, none is hurried. */
    void share(String route, int factor) {
        locked(
                () ->
                        desired.computeIfPresent(
                                route,
                                (key, member) ->
                                        member.state() == DesiredMember.DesiredState.SERVING
                                                ? member.with(factor)
                                                : member));
    }

    /** The member with this route is well at this moment. */
    public void alive(String route) {
        locked(() -> alive.put(route, CLOCK.instant()));
    }

    /**
     * The member with this route is gone for good; once httpd has it so, it is not ours any more.
     */
    public void forget(String route) {
        locked(
                () -> {
                    if (desired.computeIfPresent(route, (key, member) -> member.gone()) != null) {
                        wake();
                    }
                });
    }

    /** Whether something is still wanted of the member with this route, be it that it is gone. */
    boolean isWanted(String route) {
        lock.lock();
        try {
            return desired.containsKey(route);
        } finally {
            lock.unlock();
        }
    }

    /** Whether another process has members in places of this pool. */
    void shared(boolean shared) {
        synchronizer.shared(shared);
    }

    /** Removes an operator's flags from the member with this route, once. */
    public void resume(String route) {
        locked(
                () -> {
                    resumed.add(route);
                    wake();
                });
    }

    public BalancerStats stats() {
        lock.lock();
        try {
            return stats;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Whether httpd has the member as it was last {@link #desire}d; what an operator holds counts
     * as agreed.
     */
    public boolean isAgreed(String route) {
        lock.lock();
        try {
            return answered == asked && stats.up() && agrees(route);
        } finally {
            lock.unlock();
        }
    }

    /** Asks an httpd that did not answer the last time once more; the question's number. */
    long askAgain() {
        lock.lock();
        try {
            if (stats.up()) {
                return answered;
            }
            wake();
            return asked;
        } finally {
            lock.unlock();
        }
    }

    /** Waits for the answer until {@code deadline} of the system's nano time. */
    void awaitAnswer(long question, long deadline) {
        lock.lock();
        try {
            long left = deadline - System.nanoTime();
            while (!closed && left > 0 && answered < question) {
                left = changed.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            lock.unlock();
        }
    }

    /** Stops talking with httpd, within two seconds. What httpd has stays. */
    @Override
    public void close() {
        locked(
                () -> {
                    closed = true;
                    changed.signalAll();
                });
        thread.interrupt();
        try {
            thread.join(2000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean agrees(String route) {
        return stats.members().stream()
                .anyMatch(view -> view.wanted().route().equals(route) && view.agreed());
    }

    private void wake() {
        asked++;
        changed.signalAll();
    }

    private void run() {
        while (pause()) {
            pass();
        }
        synchronizer.close();
    }

    /** Waits until the next pass is due; false: closed. */
    private boolean pause() {
        lock.lock();
        try {
            long left = INTERVAL.toNanos();
            while (!closed && left > 0 && answered == asked) {
                left = changed.awaitNanos(left);
            }
            return !closed;
        } catch (InterruptedException e) {
            return false;
        } finally {
            lock.unlock();
        }
    }

    private void pass() {
        List<DesiredMember> wanted = new ArrayList<>();
        long answering = take(wanted);
        BalancerStats before = stats();
        try {
            Synchronizer.Result result = synchronizer.pass(wanted);
            isBack();
            publish(answering, before.with(result, synchronizer.actions()));
        } catch (RuntimeException | Error e) { // not even an Error may end this thread
            isAway(e);
            publish(answering, before.away(e.getMessage(), synchronizer.actions()));
        }
    }

    private long take(List<DesiredMember> wanted) {
        lock.lock();
        try {
            wanted.addAll(desired.values());
            wanted.forEach(
                    member -> {
                        Instant when = alive.remove(member.route());
                        if (when != null) {
                            synchronizer.alive(member, when);
                        }
                    });
            resumed.stream()
                    .map(desired::get)
                    .filter(Objects::nonNull)
                    .forEach(synchronizer::resume);
            resumed.clear();
            return asked;
        } finally {
            lock.unlock();
        }
    }

    private void isBack() {
        if (away) {
            LOG.info("{} is back", config.label());
        }
        away = false;
    }

    private void isAway(Throwable e) {
        boolean wasAway = away;
        away = true;
        if (!(e instanceof BalancerException)) {
            LOG.error("{}: a mistake in Backpool", config.label(), e);
        } else if (!wasAway && !Thread.currentThread().isInterrupted()) {
            LOG.warn("{} is away, the pool serves on: {}", config.label(), e.getMessage());
        }
    }

    private void publish(long answering, BalancerStats news) {
        locked(
                () -> {
                    news.members().stream()
                            .filter(view -> news.up() && view.agreed() && view.wanted().isGone())
                            .forEach(view -> desired.remove(view.wanted().route(), view.wanted()));
                    stats = news;
                    answered = answering;
                    changed.signalAll();
                });
    }

    private void locked(Runnable change) {
        lock.lock();
        try {
            change.run();
        } finally {
            lock.unlock();
        }
    }
}
