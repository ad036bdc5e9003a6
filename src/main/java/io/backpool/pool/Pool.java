package io.backpool.pool;

import io.backpool.balancer.Rotation;
import io.backpool.config.Config;
import io.backpool.observe.AdminServer;
import io.backpool.observe.Metrics;
import java.nio.file.Path;
import java.time.Duration;
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
public final class Pool implements AutoCloseable {
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
    private final Upgrades upgrades;
    private final Controls controls;
    private final Boot boot = new Boot();
    private final CountDownLatch stopped = new CountDownLatch(1);
    private final AtomicBoolean closed = new AtomicBoolean();

    private final Changes changes = new Changes();

    /** Null: the process of before has its port. */
    private volatile @Nullable AdminServer admin;

    /** Used by the pool's thread alone. */
    private boolean stopping;

    private Pool(
            Config config,
            MemberKind kind,
            Rotation rotation,
            Metrics metrics,
            Scaling.SizeCheck sizes,
            Reloading reloading,
            @Nullable OtherSupervisor before) {
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
        this.upgrades =
                new Upgrades(
                        config.pool(),
                        kind,
                        lives,
                        releases,
                        changes,
                        before == null ? null : new TakeOver(before, lives, boot),
                        slowWork,
                        thread::wake);
        this.controls =
                new Controls(
                        config.pool(),
                        kind,
                        thread,
                        lives,
                        changes,
                        scaling,
                        restarts,
                        upgrades,
                        boot,
                        config.limits().requestTimeout(),
                        () -> stopping);
        metrics.addStates(controls::members);
        if (before == null) {
            openAdmin();
        }
    }

    private void openAdmin() {
        admin = AdminServer.open(config.admin(), config.services(), metrics, controls, controls);
    }

    /**
     * Opens the admin listener and begins to start the members.
     *
     * @param kind closed with the pool, or if it can't be opened; so are rotation and metrics
     * @param before whose members this one takes over, and its admin port at the end; null: none
     * @throws io.backpool.server.ServerException if the admin port can't be bound
     */
    public static Pool open(
            Config config,
            MemberKind kind,
            Rotation rotation,
            Metrics metrics,
            Scaling.SizeCheck sizes,
            Reloading reloading,
            @Nullable OtherSupervisor before)
            throws Exception {
        Pool pool;
        try {
            pool = new Pool(config, kind, rotation, metrics, sizes, reloading, before);
        } catch (RuntimeException e) {
            closeAll(kind, rotation, metrics);
            throw e;
        }
        pool.scaling.begin();
        pool.thread.start();
        return pool;
    }

    /**
     * Waits until every member has served once, and no process of before is there.
     *
     * @throws BootException if one can't start as configured
     */
    public void awaitBoot() throws BootException, InterruptedException {
        boot.await();
        upgrades.awaitTakeOver();
        if (admin == null) {
            openAdmin();
        }
        thread.submit(restarts::prepare);
    }

    /** Returns when another process is the pool: its number. */
    public long awaitHandedOver() {
        return upgrades.awaitHandedOver();
    }

    /** Returns when the pool is seen to work; waits for ever where it hangs. */
    public void awaitAlive() throws InterruptedException {
        kind.awaitAlive();
        thread.awaitAlive();
    }

    /** Looks after everything; true: something goes on that wants another look soon. */
    private boolean look() {
        lives.tick();
        if (!stopping) {
            upgrades.look();
        }
        if (!boot.isOver()) {
            boot.look(lives.all());
        } else if (!stopping && !upgrades.isRunning()) {
            restarts.look();
        }
        if (!stopping) {
            changes.advance();
        }
        if (stopping && lives.areAll(LifeState.STOPPED) && upgrades.isAlone()) {
            stopped.countDown();
        }
        return upgrades.isRunning()
                || !changes.isEmpty()
                || !lives.areAll(LifeState.SERVING, LifeState.DRAINED);
    }

    /** What operators ask of it. */
    public Controls controls() {
        return controls;
    }

    private void stop() {
        stopping = true;
        kind.stopping();
        upgrades.stop();
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
        AdminServer opened = admin;
        if (opened != null) {
            opened.close();
        }
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
