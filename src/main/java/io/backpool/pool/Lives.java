package io.backpool.pool;

import static java.util.Comparator.naturalOrder;

import io.backpool.balancer.BalancerStats;
import io.backpool.balancer.DesiredMember;
import io.backpool.balancer.Rotation;
import io.backpool.balancer.Standing;
import io.backpool.config.PoolConfig;
import io.backpool.observe.ControlError;
import io.backpool.observe.ControlException;
import io.backpool.observe.Metrics;
import io.backpool.observe.PoolView.MemberView;
import io.backpool.pool.Member.Ending;
import io.backpool.pool.Member.Report;
import io.backpool.server.MemberState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.BinaryOperator;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The members of the pool. Changed by the pool's thread alone; the list is read by all. */
final class Lives implements MemberList, Surroundings {
    private static final Logger LOG = LoggerFactory.getLogger(Lives.class);

    /** So long a start takes CPU; one that takes longer waits for something else. */
    static final Duration BUSY_START = Duration.ofSeconds(15);

    private final PoolConfig pool;
    private final MemberKind kind;
    private final Rotation rotation;
    private final Metrics metrics;
    private final OperatorWishes wishes;
    private final Supplier<Release> stable;
    private final Boot boot;
    private final LongSupplier clock;
    private final Runnable wake;
    private final int startsAtOnce = Math.max(2, Runtime.getRuntime().availableProcessors());

    private final Ejection ejection = new Ejection();

    /** Written by the pool's thread. */
    private volatile @Nullable Duration pause;

    /** Members with a higher index have no place yet. Of the pool's thread. */
    private int limit = Integer.MAX_VALUE;

    /** By index, from 1; replaced as a whole. */
    private volatile List<MemberLife> all = List.of();

    /**
     * Makes an empty list.
     *
     * @param stable what a new member runs
     * @param wake called when a member has changed
     */
    Lives(
            PoolConfig pool,
            MemberKind kind,
            Rotation rotation,
            Metrics metrics,
            OperatorWishes wishes,
            Supplier<Release> stable,
            Boot boot,
            LongSupplier clock,
            Runnable wake) {
        this.pool = pool;
        this.kind = kind;
        this.rotation = rotation;
        this.metrics = metrics;
        this.wishes = wishes;
        this.stable = stable;
        this.boot = boot;
        this.clock = clock;
        this.wake = wake;
        this.pause = wishes.pause();
        if (pause != null) {
            LOG.info("the pool stays paused until it is resumed");
        }
    }

    @Override
    public List<MemberLife> all() {
        return all;
    }

    /** What operators see; safe for all threads. */
    List<MemberView> views() {
        return all.stream().map(this::view).toList();
    }

    private MemberView view(MemberLife life) {
        MemberState state = life.state().shown();
        Report report = life.report();
        return new MemberView(
                life.route(),
                state.name().toLowerCase(Locale.ROOT),
                report.ready() && state.isReady(),
                report.pid(),
                pool.httpPort(life.index()),
                pool.hasAjp() ? pool.ajpPort(life.index()) : 0,
                report.inFlight(),
                report.held(),
                Math.max(0, life.starts() - 1),
                report.traffic(),
                rotation.says(life.route()),
                standings(life.route()),
                life.release().version(),
                report.usage(),
                rotation.isEmpty() && life.share() > 0 ? DesiredMember.WHOLE : life.share(),
                life.ejected());
    }

    /** Looks after every member. */
    void tick() {
        all.forEach(MemberLife::tick);
        if (pool.ejection() && !rotation.isEmpty() && ejection.isDue(now())) {
            ejection.look(
                    now(),
                    all.stream()
                            .filter(life -> life.state().takesNewClients())
                            .map(MemberLife::observed)
                            .toList());
            all.forEach(life -> life.eject(ejection.reason(life.route())));
        }
    }

    private Map<String, Standing> standings(String route) {
        return rotation.stats().stream()
                .collect(Collectors.toMap(BalancerStats::label, stats -> stats.standing(route)));
    }

    /** {@code UP} or {@code DOWN} by service: down if one member finds it so. For all threads. */
    Map<String, String> services() {
        Map<String, String> services = new TreeMap<>();
        // DOWN comes before UP.
        all.forEach(
                life ->
                        life.report()
                                .services()
                                .forEach(
                                        (name, up) ->
                                                services.merge(
                                                        name,
                                                        up,
                                                        BinaryOperator.minBy(naturalOrder()))));
        return services;
    }

    MemberLife byRoute(String route) throws ControlException {
        return all.stream()
                .filter(life -> life.route().equals(route))
                .findFirst()
                .orElseThrow(
                        () ->
                                ControlError.NO_SUCH_MEMBER.of(
                                        route,
                                        all.stream()
                                                .map(MemberLife::route)
                                                .collect(Collectors.joining(", "))));
    }

    boolean areAll(LifeState... states) {
        return all.stream().allMatch(life -> List.of(states).contains(life.state()));
    }

    /** Whether new clients come only to members that go when there are {@code members} left. */
    boolean noneServesBelow(int members) {
        List<MemberLife> staying = all.subList(0, Math.min(members, all.size()));
        return all.stream().anyMatch(life -> life.state().takesNewClients())
                && staying.stream().noneMatch(life -> life.state().takesNewClients());
    }

    @Override
    public MemberLife add() {
        int index = all.size() + 1;
        String route = pool.route(index);
        metrics.requestsCut(route, 0);
        if (kind.canRestart()) {
            metrics.addProcess(route, MemberRun.REASONS);
        }
        MemberLife life = begin(index, route);
        List<MemberLife> more = new ArrayList<>(all);
        more.add(life);
        all = List.copyOf(more);
        return life;
    }

    private MemberLife begin(int index, String route) {
        var life = new MemberLife(index, route, stable.get(), this, new Backoff(new Random()));
        if (wishes.isDrained(route)) {
            LOG.info("{} - stays out of the rotation until it is resumed", route);
            life.drain();
        }
        return life;
    }

    /** Another life of a member that was stopped, in its place. */
    void again(MemberLife stopped) {
        MemberLife life = begin(stopped.index(), stopped.route());
        all = all.stream().map(other -> other == stopped ? life : other).toList();
    }

    /** Only members {@code 1} to {@code index} may start. */
    void limit(int index) {
        limit = index;
    }

    @Override
    public void remove(MemberLife life) {
        all = all.stream().filter(other -> other != life).toList();
        wishes.resume(life.route());
        metrics.remove(life.route());
    }

    /** Refuses to take one of these out that is the last one that serves. */
    void refuseLastServing(List<MemberLife> leaving) throws ControlException {
        for (MemberLife life : leaving) {
            if (isLastServing(life)) {
                throw ControlError.LAST_MEMBER.of(life.route());
            }
        }
    }

    /** Takes a member out of the rotation until it is resumed. */
    void drain(String route, boolean force) throws ControlException {
        MemberLife life = byRoute(route);
        if (!force) {
            refuseLastServing(List.of(life));
        }
        wishes.drain(route);
        life.drain();
    }

    /**
     * Takes all members out of every httpd, sticky clients' too, or puts them back; or lets
     * requests wait in them, or in.
     *
     * @param wanted as in {@link io.backpool.observe.PoolView#pause}
     */
    void pause(@Nullable Duration wanted) throws ControlException {
        boolean holds = wanted != null && !wanted.isZero();
        if (holds ? isPaused() : wanted != null && isHolding()) {
            throw ControlError.PAUSED.of();
        }
        if (holds && !kind.canHold()) {
            throw ControlError.CANNOT_HOLD.of();
        }
        boolean inMembers = holds || isHolding();
        wishes.pause(wanted);
        pause = wanted;
        all.forEach(inMembers ? MemberLife::heldOrNot : MemberLife::pausedOrNot);
    }

    @Nullable Duration pause() {
        return pause;
    }

    @Override
    public boolean isPaused() {
        return Duration.ZERO.equals(pause);
    }

    @Override
    public Duration hold() {
        return Objects.requireNonNullElse(pause, Duration.ZERO);
    }

    boolean isHolding() {
        return !hold().isZero();
    }

    /** Refuses what would end members, and with them requests that wait there. */
    void refuseWhileHolding() throws ControlException {
        if (isHolding()) {
            throw ControlError.HOLDING.of();
        }
    }

    /** Puts a member back, also one that httpd's operator took out. */
    void resume(String route) throws ControlException {
        MemberLife life = byRoute(route);
        if (isPaused()) {
            throw ControlError.PAUSED.of();
        }
        wishes.resume(route);
        life.resume();
    }

    @Override
    public Rotation rotation() {
        return rotation;
    }

    @Override
    public long now() {
        return clock.getAsLong();
    }

    @Override
    public int size() {
        return all.size();
    }

    @Override
    public @Nullable String memoryExcess() {
        return kind.memoryExcess(all.stream().map(MemberLife::startedAmong).toList());
    }

    @Override
    public Member start(int index, Release release) {
        return kind.start(index, all.size(), release, wake);
    }

    @Override
    public boolean mayStart(int index) {
        return index <= limit
                && all.stream().filter(life -> life.isStartingSince(BUSY_START)).count()
                        < startsAtOnce;
    }

    @Override
    public boolean endsAtFailedStart() {
        return !boot.isOver();
    }

    @Override
    public void ended(MemberLife life, Ending ending, String reason) {
        metrics.requestsCut(life.route(), ending.cut());
        if (life.state() == LifeState.STOPPED) {
            LOG.info("{} - stopped", life.route());
        } else if (kind.canRestart()) {
            metrics.processRestarted(life.route(), reason);
        }
    }
}
