package io.backpool.pool;

import io.backpool.balancer.BalancerStats;
import io.backpool.config.PoolConfig;
import io.backpool.observe.ControlError;
import io.backpool.observe.ControlException;
import io.backpool.observe.PoolControl;
import io.backpool.observe.PoolView.OwnMetrics;
import io.backpool.pool.PoolThread.Request;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What operators see of the pool and ask of it, at the admin listener and by signals. Safe for all
 * threads: what changes something is done by the pool's thread.
 */
public final class Controls implements PoolControl {
    private final PoolConfig settings;
    private final MemberKind kind;
    private final PoolThread thread;
    private final Lives lives;
    private final Changes changes;
    private final Scaling scaling;
    private final Restarts restarts;
    private final Upgrades upgrades;
    private final Boot boot;
    private final Duration requestTimeout;
    private final BooleanSupplier stopping;

    /**
     * Makes them.
     *
     * @param requestTimeout of the members
     * @param stopping whether the pool stops; asked by the pool's thread
     */
    Controls(
            PoolConfig settings,
            MemberKind kind,
            PoolThread thread,
            Lives lives,
            Changes changes,
            Scaling scaling,
            Restarts restarts,
            Upgrades upgrades,
            Boot boot,
            Duration requestTimeout,
            BooleanSupplier stopping) {
        this.settings = settings;
        this.kind = kind;
        this.thread = thread;
        this.lives = lives;
        this.changes = changes;
        this.scaling = scaling;
        this.restarts = restarts;
        this.upgrades = upgrades;
        this.boot = boot;
        this.requestTimeout = requestTimeout;
        this.stopping = stopping;
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
        return settings;
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
        thread.call(asked(() -> lives.drain(route, force)));
    }

    @Override
    public void resume(String route) throws ControlException {
        thread.call(asked(() -> lives.resume(route)));
    }

    @Override
    public void pause(@Nullable Duration hold) throws ControlException {
        thread.call(asked(() -> begin(hold)));
    }

    private void begin(@Nullable Duration hold) throws ControlException {
        if (hold != null && hold.compareTo(requestTimeout) >= 0) {
            throw ControlError.BAD_VALUE.of(
                    "hold",
                    hold.toSeconds(),
                    "less than limits.request-timeout, %d s".formatted(requestTimeout.toSeconds()));
        }
        if (hold != null && !hold.isZero() && !changes.isEmpty()) {
            throw ControlError.CHANGE_RUNNING.of();
        }
        lives.pause(hold);
    }

    @Override
    public @Nullable Duration pause() {
        return lives.pause();
    }

    @Override
    public void scale(int members, boolean force) throws ControlException {
        thread.call(asked(() -> scaling.to(members, force)));
    }

    /** One member more, or fewer: TTIN, TTOU. */
    public void scaleBy(int difference) {
        thread.submitOrLog(asked(() -> scaling.by(difference)));
    }

    @Override
    public void restart(RestartRequest request) throws ControlException {
        lives.rotation().askAgain(request.without());
        thread.call(asked(booted(() -> restarts.begin(request))));
    }

    /** All members, one after the other, when a restart that is running has ended: HUP. */
    public void restartAll() {
        thread.submitOrLog(asked(restarts::beginOrQueue));
    }

    @Override
    public void upgrade(@Nullable Path jar, boolean force) throws ControlException {
        lives.rotation().askAgain(Set.of());
        long self = ProcessHandle.current().pid();
        thread.call(asked(booted(() -> upgrades.begin(jar, force, self))));
    }

    /** Every member opens its log files again: they were moved away. */
    public void reopenLogs() {
        thread.submit(() -> lives.all().forEach(MemberLife::reopenLogs));
    }

    /** What an operator asks for, refused where no other can begin. */
    private Request asked(Request request) {
        return () -> {
            if (stopping.getAsBoolean()) {
                throw ControlError.STOPPING.of();
            }
            upgrades.refuseWhileRunning();
            request.begin();
        };
    }

    private Request booted(Request request) {
        return () -> {
            if (!boot.isOver()) {
                throw ControlError.STILL_STARTING.of();
            }
            request.begin();
        };
    }
}
