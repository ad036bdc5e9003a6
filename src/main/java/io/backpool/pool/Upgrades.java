package io.backpool.pool;

import io.backpool.config.PoolConfig;
import io.backpool.observe.ControlError;
import io.backpool.observe.ControlException;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Whether the members go to another process of the pool, or come from one. Used by the pool's
 * thread, but for what says otherwise.
 */
final class Upgrades {
    private final PoolConfig pool;
    private final MemberKind kind;
    private final Lives lives;
    private final Releases releases;
    private final Changes changes;
    private final Executor slowWork;
    private final Runnable wake;
    private final CompletableFuture<Long> handedOver = new CompletableFuture<>();

    /** Null: no process of the pool was there before. */
    private final @Nullable TakeOver takeOver;

    /** The last one; null: there was none. */
    private @Nullable HandOver handOver;

    /**
     * Makes it.
     *
     * @param slowWork runs what takes seconds
     * @param wake called when something slow is done
     */
    Upgrades(
            PoolConfig pool,
            MemberKind kind,
            Lives lives,
            Releases releases,
            Changes changes,
            @Nullable TakeOver takeOver,
            Executor slowWork,
            Runnable wake) {
        this.pool = pool;
        this.kind = kind;
        this.lives = lives;
        this.releases = releases;
        this.changes = changes;
        this.takeOver = takeOver;
        this.slowWork = slowWork;
        this.wake = wake;
    }

    /**
     * Begins to hand the members to a new process.
     *
     * @param jar null: where the one lay that most members run
     * @param self number of this process
     */
    void begin(@Nullable Path jar, boolean force, long self) throws ControlException {
        if (!kind.canHandOver()) {
            throw kind.canRestart() ? ControlError.NO_UPGRADE.of() : ControlError.ONE_PROCESS.of();
        }
        if (self == 1) {
            throw ControlError.FIRST_PROCESS.of();
        }
        lives.refuseWhileHolding();
        if (!changes.isEmpty()) {
            throw ControlError.CHANGE_RUNNING.of();
        }
        if (!force) {
            lives.refuseLastServing(lives.all());
        }
        for (String name : lives.rotation().unreachable()) {
            throw ControlError.FRONT_END_AWAY.of(name);
        }
        var progress = new Progress("upgrade" + (jar == null ? "" : " " + jar));
        progress.step("the version to run is copied and tried out");
        handOver = new HandOver(progress, lives, start(jar), force, pool.stickyGrace(), handedOver);
        changes.add(handOver);
    }

    private CompletableFuture<OtherSupervisor> start(@Nullable Path jar) {
        Release running = releases.stable();
        int members = lives.size();
        var process = new CompletableFuture<OtherSupervisor>();
        slowWork.execute(
                () -> {
                    try {
                        process.complete(kind.startNext(running, jar, members));
                    } catch (Exception | Error e) {
                        process.completeExceptionally(e);
                    }
                    wake.run();
                });
        return process;
    }

    /** Whether the members are neither of this process alone nor all of another one. */
    boolean isRunning() {
        return (handOver != null && handOver.progress().isRunning())
                || (takeOver != null && !takeOver.isOver());
    }

    void refuseWhileRunning() throws ControlException {
        if (isRunning()) {
            throw ControlError.UPGRADE_RUNNING.of();
        }
    }

    /** Goes on with a take-over. */
    void look() {
        if (takeOver != null) {
            takeOver.advance();
        }
    }

    /** The pool stops: its other process, too, unless that is the pool now. */
    void stop() {
        if (!handedOver.isDone()) {
            changes.stop();
            if (handOver != null) {
                handOver.stop();
            }
        }
    }

    /** Whether no other process that belongs to this one is there. */
    boolean isAlone() {
        return handedOver.isDone() || handOver == null || handOver.isOtherGone();
    }

    /**
     * Returns when no process of before is there. For another thread.
     *
     * @throws BootException if that stops the pool
     */
    void awaitTakeOver() throws BootException, InterruptedException {
        if (takeOver != null) {
            takeOver.await();
            var progress = new Progress("upgrade");
            progress.step("process " + ProcessHandle.current().pid() + " is the pool now");
            progress.done();
            changes.made(progress);
        }
    }

    /** Returns when another process is the pool: its number. For another thread. */
    long awaitHandedOver() {
        return handedOver.join();
    }
}
