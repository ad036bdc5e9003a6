package io.backpool.balancer;

import io.backpool.balancer.BalancerStats.Outcome;
import io.backpool.config.BalancerConfig;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings one httpd's view of our members to what we want, every second and whenever we want
 * something else. One daemon thread of its own talks with httpd; every method may be called by any
 * thread and none of them waits for httpd. Members that were not {@link #desire}d are never
 * touched.
 *
 * <p>An operator may disable, stop or drain a member of ours in balancer-manager: that is
 * respected, over restarts of the pool too, until {@link #resume}. {@link Hold} tells how it is
 * known from a flag of the pool's own.
 */
public final class Reconciler implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Reconciler.class);

    private static final Duration INTERVAL = Duration.ofSeconds(1);
    private static final Duration LONGEST_INTERVAL = Duration.ofSeconds(10);

    /** httpd logs an error for each member that it can't add. */
    private static final Duration ADD_AGAIN = Duration.ofSeconds(10);

    /** Of an endless quarrel with httpd, or with an operator, this much a pass. */
    private static final int MOST_STEPS = 4;

    private final BalancerConfig config;
    private final BalancerManager manager;
    private final Planner planner;
    private final StatusReader status;
    private final InstantSource clock;
    private final Thread thread;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    /** By route. Guarded by lock. */
    private final Map<String, DesiredMember> desired = new LinkedHashMap<>();

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

    private final Map<Outcome, Long> actions = none();
    private final Map<URI, Instant> addAgain = new HashMap<>();
    private final Map<URI, String> problems = new HashMap<>();
    private final Map<URI, String> told = new HashMap<>();
    private int failures;

    public Reconciler(BalancerConfig config) {
        this(config, InstantSource.system());
    }

    Reconciler(BalancerConfig config, InstantSource clock) {
        this.config = config;
        this.clock = clock;
        this.manager = new BalancerManager(config);
        this.status = new StatusReader(config, clock);
        this.planner = new Planner(config.membership(), clock);
        this.stats = new BalancerStats(config, false, null, null, List.of(), null, actions);
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

    /** Ends an operator's hold on the member with this route, once. */
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
    }

    /** Waits until the next pass is due; false: closed. */
    private boolean pause() {
        lock.lock();
        try {
            long left = interval(failures).toNanos();
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

    static Duration interval(int failures) {
        Duration interval = INTERVAL.multipliedBy(1L << Math.min(failures, 4));
        return interval.compareTo(LONGEST_INTERVAL) < 0 ? interval : LONGEST_INTERVAL;
    }

    private void pass() {
        List<DesiredMember> wanted = new ArrayList<>();
        long answering = take(wanted);
        try {
            Balancer seen = manager.read();
            isBack();
            for (DesiredMember member : wanted) {
                seen = bring(seen, member);
            }
            publish(answering, true, stats().lastError(), seen, views(seen, wanted));
        } catch (RuntimeException e) {
            isAway(e);
            publish(answering, false, e.getMessage(), stats().seen(), stats().members());
        }
    }

    private long take(List<DesiredMember> wanted) {
        lock.lock();
        try {
            wanted.addAll(desired.values());
            resumed.stream()
                    .map(desired::get)
                    .filter(Objects::nonNull)
                    .forEach(member -> planner.resume(member.url()));
            resumed.clear();
            return asked;
        } finally {
            lock.unlock();
        }
    }

    /** All the steps of one member; what comes back is httpd's state after them. */
    private Balancer bring(Balancer first, DesiredMember member) {
        Balancer seen = first;
        for (int i = 0; i < MOST_STEPS; i++) {
            Optional<Step> step = planner.step(seen, member);
            if (step.isEmpty()) {
                problems.remove(member.url());
                return seen;
            }
            if (!isDue(step.get())) {
                return seen;
            }
            try {
                seen = apply(seen, step.get());
                count(step.get(), "done");
            } catch (BalancerException e) {
                count(step.get(), "failed");
                problems.put(member.url(), String.valueOf(e.getMessage()));
                return manager.read();
            }
        }
        return seen;
    }

    private Balancer apply(Balancer seen, Step step) {
        DesiredMember member = step.member();
        Balancer after;
        if (step.action() == Step.Action.ADD) {
            addAgain.put(member.url(), clock.instant().plus(ADD_AGAIN));
            after = manager.add(seen, member.url());
            addAgain.remove(member.url());
        } else {
            after = manager.update(seen, seen.member(member.url()).orElseThrow(), step.changes());
        }
        LOG.info("{} - {} in {}", member.route(), step.action().words(), place());
        return after;
    }

    private boolean isDue(Step step) {
        Instant due = addAgain.get(step.member().url());
        return step.action() != Step.Action.ADD || due == null || !clock.instant().isBefore(due);
    }

    /** All of them from the start, so that a first one shows as one more. */
    private static Map<Outcome, Long> none() {
        Map<Outcome, Long> none = new HashMap<>();
        for (Step.Action action : Step.Action.values()) {
            none.put(new Outcome(action.label(), "done"), 0L);
            none.put(new Outcome(action.label(), "failed"), 0L);
        }
        return none;
    }

    private void count(Step step, String result) {
        actions.merge(new Outcome(step.action().label(), result), 1L, Long::sum);
    }

    private List<MemberView> views(Balancer seen, List<DesiredMember> wanted) {
        List<MemberView> views = new ArrayList<>();
        for (DesiredMember member : wanted) {
            MemberView view = planner.view(seen, member);
            String failure = problems.get(member.url());
            views.add(failure == null ? view : view.with(failure));
        }
        views.forEach(this::tell);
        return views;
    }

    /** What keeps a member from what we want, said once. */
    private void tell(MemberView view) {
        String news =
                view.problem() != null ? view.problem() : view.held() ? MemberView.HELD : null;
        URI url = view.wanted().url();
        if (!Objects.equals(news, news == null ? told.remove(url) : told.put(url, news))
                && news != null) {
            LOG.warn("{} - {} ({})", view.wanted().route(), news, place());
        }
    }

    private void isBack() {
        if (failures > 0) {
            LOG.info("{} is back", place());
        }
        failures = 0;
    }

    private void isAway(RuntimeException e) {
        failures++;
        if (!(e instanceof BalancerException)) {
            LOG.error("{}: a mistake in Backpool", place(), e);
        } else if (failures == 1 && !Thread.currentThread().isInterrupted()) {
            LOG.warn("{} is away, the pool serves on: {}", place(), e.getMessage());
        }
    }

    private String place() {
        return "balancer://" + config.name() + " of " + config.manager().getAuthority();
    }

    private void publish(
            long answering,
            boolean up,
            @Nullable String error,
            @Nullable Balancer seen,
            List<MemberView> views) {
        var news =
                new BalancerStats(
                        config, up, error, seen, views, up ? status.read() : null, actions);
        locked(
                () -> {
                    views.stream()
                            .filter(view -> up && view.agreed() && view.wanted().isGone())
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
