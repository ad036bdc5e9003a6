package io.backpool.pool;

import io.backpool.balancer.BalancerStats;
import io.backpool.balancer.Rotation;
import io.backpool.config.Config;
import io.backpool.config.PoolConfig;
import io.backpool.observe.AdminServer;
import io.backpool.observe.ControlError;
import io.backpool.observe.ControlException;
import io.backpool.observe.Metrics;
import io.backpool.observe.PoolControl;
import io.backpool.observe.PoolView.OwnMetrics;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A running pool: its members, of whatever kind, the changes that operators ask for, and the admin
 * listener. One thread, {@link PoolThread}, decides everything; other threads ask it, and read what
 * it publishes. Opened by one thread, closed by any.
 */
public final class Pool implements PoolControl, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Pool.class);

    /** Beyond {@code pool.drain-timeout}: httpd's agreement, TERM, KILL. */
    private static final Duration STOP_MARGIN = Duration.ofSeconds(30);

    private final Config config;
    private final MemberKind kind;
    private final Metrics metrics;
    private final PoolThread thread = new PoolThread(this::look);
    private final Lives lives;
    private final ExecutorService slowWork =
            Executors.newCachedThreadPool(task -> new Thread(task, "releases"));
    private final Scaling scaling;
    private final Restarts restarts;
    private final AdminServer admin;
    private final Boot boot = new Boot();
    private final CountDownLatch stopped = new CountDownLatch(1);
    private final AtomicBoolean closed = new AtomicBoolean();

    private final Changes changes = new Changes();

    /** Used by the pool's thread alone. */
    private boolean stopping;

    private Pool(
            Config config,
            MemberKind kind,
            Rotation rotation,
            Metrics metrics,
            Scaling.SizeCheck sizes,
            Reloading reloading) {
        this.config = config;
        this.kind = kind;
        this.metrics = metrics;
        var releases = new Releases(kind.current());
        this.lives =
                new Lives(
                        config.pool(),
                        kind,
                        rotation,
                        metrics,
                        new OperatorWishes(Path.of("data", "drained")),
                        releases::stable,
                        boot,
                        System::nanoTime,
                        thread::wake);
        this.scaling = new Scaling(config.pool(), lives, sizes, changes::add);
        this.restarts =
                new Restarts(
                        config.pool(),
                        kind,
                        lives,
                        scaling,
                        releases,
                        reloading,
                        changes::add,
                        slowWork,
                        thread::wake);
        metrics.addStates(this::members);
        this.admin = AdminServer.open(config.admin(), config.services(), metrics, this, this);
    }

    /**
     * Opens the admin listener and begins to start the members.
     *
     * @param kind closed with the pool, or if it can't be opened; so are rotation and metrics
     * @throws io.backpool.server.ServerException if the admin port can't be bound
     */
    public static Pool open(
            Config config,
            MemberKind kind,
            Rotation rotation,
            Metrics metrics,
            Scaling.SizeCheck sizes,
            Reloading reloading)
            throws Exception {
        Pool pool;
        try {
            pool = new Pool(config, kind, rotation, metrics, sizes, reloading);
        } catch (RuntimeException e) {
            closeAll(kind, rotation, metrics);
            throw e;
        }
        pool.scaling.begin();
        pool.thread.start();
        return pool;
    }

    /**
     * Waits until every member has served once.
     *
     * @throws BootException if one can't start as configured
     */
    public void awaitBoot() throws BootException, InterruptedException {
        boot.await();
        thread.submit(restarts::prepare);
    }

    /** Returns when the pool is seen to work; waits for ever where it hangs. */
    public void awaitAlive() throws InterruptedException {
        kind.awaitAlive();
        thread.awaitAlive();
    }

    /** Looks after everything; true: something goes on that wants another look soon. */
    private boolean look() {
        lives.tick();
        if (!boot.isOver()) {
            boot.look(lives.all());
        } else if (!stopping) {
            restarts.look();
        }
        if (!stopping) {
            changes.advance();
        }
        if (stopping && lives.areAll(LifeState.STOPPED)) {
            stopped.countDown();
        }
        return !changes.isEmpty() || !lives.areAll(LifeState.SERVING, LifeState.DRAINED);
    }

    @Override
    public List<MemberView> members() {
        return lives.views();
    }

    @Override
    public Map<String, String> services() {
        return lives.services();
    }

    @Override
    public PoolConfig settings() {
        return config.pool();
    }

    @Override
    public List<BalancerStats> frontEnds() {
        return lives.rotation().stats();
    }

    @Override
    public List<Integer> otherAdminPorts() {
        return kind.adminPorts(lives.all().size());
    }

    @Override
    public @Nullable OwnMetrics ownMetrics() {
        return kind.ownMetrics(lives.all().size());
    }

    @Override
    public boolean canRestart() {
        return kind.canRestart();
    }

    @Override
    public @Nullable ChangeProgress restartProgress() {
        return restarts.progress();
    }

    @Override
    public @Nullable ChangeProgress change() {
        return changes.lastProgress();
    }

    @Override
    public List<String> pendingSettings() {
        return restarts.pendingSettings();
    }

    @Override
    public void drain(String route, boolean force) throws ControlException {
        thread.call(() -> lives.drain(route, force));
    }

    @Override
    public void resume(String route) throws ControlException {
        thread.call(() -> lives.resume(route));
    }

    @Override
    public void pause(boolean wanted) throws ControlException {
        thread.call(() -> lives.pause(wanted));
    }

    @Override
    public boolean isPaused() {
        return lives.isPaused();
    }

    @Override
    public void scale(int members, boolean force) throws ControlException {
        thread.call(
                () -> {
                    refuseWhileStopping();
                    scaling.to(members, force);
                });
    }

    /** One member more, or fewer: TTIN, TTOU. */
    public void scaleBy(int difference) {
        thread.submitOrLog(
                () -> {
                    refuseWhileStopping();
                    scaling.by(difference);
                });
    }

    @Override
    public void restart(RestartRequest request) throws ControlException {
        lives.rotation().askAgain(request.without());
        thread.call(
                () -> {
                    refuseWhileStopping();
                    if (!boot.isOver()) {
                        throw ControlError.STILL_STARTING.of();
                    }
                    restarts.begin(request);
                });
    }

    /** All members, one after the other, when a restart that is running has ended: HUP. */
    public void restartAll() {
        thread.submitOrLog(
                () -> {
                    refuseWhileStopping();
                    restarts.beginOrQueue();
                });
    }

    /** Every member opens its log files again: they were moved away. */
    public void reopenLogs() {
        thread.submit(() -> lives.all().forEach(MemberLife::reopenLogs));
    }

    private void refuseWhileStopping() throws ControlException {
        if (stopping) {
            throw ControlError.STOPPING.of();
        }
    }

    private void stop() {
        stopping = true;
        kind.stopping();
        changes.stop();
        lives.all().forEach(life -> life.stop(Duration.ZERO));
    }

    /**
     * Lets requests in flight finish, at most {@code pool.drain-timeout}, and ends everything. All
     * members leave together: clients that stick to one of them have no other.
     */
    @Override
    public void close() throws Exception {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        thread.submit(this::stop);
        Duration longest = config.pool().drainTimeout().plus(STOP_MARGIN);
        if (!stopped.await(longest.toMillis(), TimeUnit.MILLISECONDS)) {
            LOG.error("not every member has ended after {} s", longest.toSeconds());
        }
        thread.end();
        slowWork.shutdownNow();
        admin.close();
        closeAll(kind, lives.rotation(), metrics);
    }

    private static void closeAll(MemberKind kind, Rotation rotation, Metrics metrics)
            throws Exception {
        try (metrics;
                rotation) {
            kind.close();
        }
    }
}
