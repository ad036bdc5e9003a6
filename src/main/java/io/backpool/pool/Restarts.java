package io.backpool.pool;

import io.backpool.config.PoolConfig;
import io.backpool.observe.ControlError;
import io.backpool.observe.ControlException;
import io.backpool.observe.PoolControl.RestartRequest;
import io.backpool.observe.PoolView.ChangeProgress;
import io.backpool.pool.MemberKind.ReleaseException;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which release the members run, and every replacement of members that is planned: restarts that
 * operators ask for, renewals after {@code pool.max-requests} and its brothers. Used by the pool's
 * thread, but for what says otherwise.
 */
final class Restarts {
    private static final Logger LOG = LoggerFactory.getLogger(Restarts.class);

    /** Percent of all new clients: a canary gets no more than the others together. */
    private static final int MOST_WEIGHT = 50;

    private final PoolConfig pool;
    private final MemberKind kind;
    private final Lives lives;
    private final Scaling scaling;
    private final Reloading reloading;
    private final Consumer<Change> changes;
    private final Runnable wake;
    private final Releases releases;

    /** For what takes seconds: copies of jars, their checks, class archives. */
    private final Executor slowWork;

    /** The last canary that went back since it was ejected; null: none did. */
    private @Nullable Release takenBack;

    /** Whether another restart is to follow the one that is running. */
    private boolean again;

    /** The last renewal; null: there was none. */
    private @Nullable Progress renewal;

    /** Whose renewal waits for another member to serve: logged once. */
    private @Nullable MemberLife postponed;

    private volatile @Nullable Progress last;
    private volatile List<String> pendingSettings = List.of();

    /**
     * Makes it.
     *
     * @param changes takes a change, to be made after those that wait
     * @param slowWork runs what takes seconds
     * @param wake called when something slow is done
     */
    Restarts(
            PoolConfig pool,
            MemberKind kind,
            Lives lives,
            Scaling scaling,
            Releases releases,
            Reloading reloading,
            Consumer<Change> changes,
            Executor slowWork,
            Runnable wake) {
        this.pool = pool;
        this.kind = kind;
        this.lives = lives;
        this.scaling = scaling;
        this.releases = releases;
        this.reloading = reloading;
        this.changes = changes;
        this.slowWork = slowWork;
        this.wake = wake;
    }

    /** How far the last restart is; null: there was none. Safe for all threads. */
    @Nullable ChangeProgress progress() {
        Progress now = last;
        return now == null ? null : now.view();
    }

    /** Settings on disk that need a restart of the whole pool. Safe for all threads. */
    List<String> pendingSettings() {
        return pendingSettings;
    }

    /** Makes later starts of the stable release faster. */
    void prepare() {
        prepare(releases.stable());
    }

    void begin(RestartRequest request) throws ControlException {
        lives.refuseWhileHolding();
        if (!kind.canRestart()) {
            throw ControlError.ONE_PROCESS.of();
        }
        if (isRunning()) {
            throw ControlError.RESTART_RUNNING.of();
        }
        List<MemberLife> chosen =
                request.route() == null ? lives.all() : List.of(lives.byRoute(request.route()));
        if (!request.force() && !request.surge()) {
            lives.refuseLastServing(chosen);
        }
        checkFrontEnds(request.without());
        Release canary = releases.canary();
        if (request.back() && releases.back() == null) {
            throw ControlError.NO_EARLIER_VERSION.of();
        }
        checkWeight(request);
        Resize spare = request.surge() ? spare() : null;
        int most = request.surge() ? scaling.wanted() : Integer.MAX_VALUE;
        var progress = new Progress(request.words());
        last = progress;
        reloading.begins();
        var plan =
                new Roll.Plan(
                        () -> upTo(most, order(request, canary)),
                        release(request, progress),
                        "restart",
                        request.weight(),
                        request.parallel(),
                        pool.stickyGrace(),
                        request.force(),
                        request.without(),
                        release -> rolled(release, upTo(most, lives.all())));
        if (spare == null) {
            changes.accept(new Roll(progress, lives, plan, null));
        } else {
            changes.accept(spare);
            changes.accept(new Roll(progress, lives, plan, spare.progress()));
            changes.accept(scaling.withoutSpare());
        }
    }

    /** Begins a restart of all, after the one that is running. */
    void beginOrQueue() throws ControlException {
        again = isRunning();
        if (again) {
            LOG.info("another restart follows this one");
        } else {
            begin(RestartRequest.ALL);
        }
    }

    /** Begins what is due: renewals, a restart that was queued, the way back of a sick canary. */
    void look() {
        Release canary = releases.canary();
        if (canary != null && !isRunning()) {
            takeBack(canary);
        }
        if (again && !isRunning()) {
            again = false;
            begin("not restarted", RestartRequest.ALL);
        }
        if (kind.canRestart() && !lives.isHolding() && (renewal == null || !renewal.isRunning())) {
            for (MemberLife life : lives.all()) {
                String reason = life.reachedLimit();
                if (reason != null) {
                    renew(life, reason);
                    return;
                }
            }
        }
    }

    private void renew(MemberLife life, String reason) {
        if (lives.isLastServing(life) || !lives.rotation().unreachable().isEmpty()) {
            if (postponed != life) {
                postponed = life;
                LOG.warn(
                        "{} - reached pool.{}; it is renewed when another member serves and every"
                                + " httpd answers",
                        life.route(),
                        reason);
            }
            return;
        }
        postponed = null;
        var plan =
                new Roll.Plan(
                        () -> List.of(life),
                        null,
                        reason,
                        life.weight(),
                        1,
                        pool.stickyGrace(),
                        false,
                        Set.of(),
                        release -> {});
        renewal = new Progress("renew " + life.route());
        changes.accept(new Roll(renewal, lives, plan, null));
    }

    private void begin(String failure, RestartRequest request) {
        try {
            begin(request);
        } catch (ControlException e) {
            LOG.warn("{}: {}", failure, e.getMessage());
        }
    }

    /** One that is ejected goes back; asked for once, whatever comes of it. */
    private void takeBack(Release canary) {
        boolean sick =
                lives.all().stream()
                        .anyMatch(life -> life.release() == canary && life.ejected() != null);
        if (sick && canary != takenBack) {
            takenBack = canary;
            LOG.warn("the canary {} is ejected: restart --back", canary.version());
            begin("it stays", RestartRequest.BACK);
        }
    }

    private void checkWeight(RestartRequest request) throws ControlException {
        Integer weight = request.weight();
        if (weight == null) {
            return;
        }
        if (weight > MOST_WEIGHT || request.route() == null) {
            throw ControlError.BAD_VALUE.of(
                    "weight", weight, "from 1 to %d, and of one ROUTE".formatted(MOST_WEIGHT));
        }
        if (lives.rotation().isEmpty() || !pool.setsLoadFactors()) {
            throw ControlError.NO_WEIGHT.of();
        }
    }

    private boolean isRunning() {
        return last != null && last.isRunning();
    }

    /** An httpd that is down would keep the roll from its end: it is named before the beginning. */
    private void checkFrontEnds(Set<String> without) throws ControlException {
        List<String> names = lives.rotation().names();
        for (String name : without) {
            if (!names.contains(name)) {
                throw ControlError.NO_SUCH_FRONT_END.of(
                        name, names.isEmpty() ? "none" : String.join(", ", names));
            }
        }
        for (String name : lives.rotation().unreachable()) {
            if (!without.contains(name)) {
                throw ControlError.FRONT_END_DOWN.of(name, name);
            }
        }
    }

    private Resize spare() throws ControlException {
        List<String> declared = lives.rotation().declared();
        if (!declared.isEmpty()) {
            throw ControlError.NO_PLACE.of(declared.get(0));
        }
        return scaling.spare();
    }

    /** Without the spare member. */
    private static List<MemberLife> upTo(int most, List<MemberLife> members) {
        return members.stream().filter(life -> life.index() <= most).toList();
    }

    private List<MemberLife> order(RestartRequest request, @Nullable Release canary) {
        return lives.all().stream()
                .filter(life -> request.route() == null || life.route().equals(request.route()))
                .filter(life -> !request.back() || canary == null || life.release() == canary)
                .toList();
    }

    /** What the members are to run: a known release, or what lies on disk. */
    private CompletableFuture<Release> release(RestartRequest request, Progress progress) {
        Release known = null;
        if (request.back()) {
            known = releases.back();
        } else if (request.route() == null && request.to() == null) {
            known = releases.canary();
        }
        if (known != null) {
            return CompletableFuture.completedFuture(known);
        }
        progress.step("the version to run is copied and tried out");
        var next = new CompletableFuture<Release>();
        int members = lives.all().size();
        Release stable = releases.stable();
        slowWork.execute(
                () -> {
                    try {
                        next.complete(kind.next(stable, request.to(), members));
                        pendingSettings = List.of();
                    } catch (ReleaseException e) {
                        pendingSettings = e.pendingSettings();
                        next.completeExceptionally(e);
                    } catch (Exception | Error e) {
                        next.completeExceptionally(e);
                    }
                    wake.run();
                });
        return next;
    }

    private void rolled(@Nullable Release release, List<MemberLife> members) {
        reloading.ends();
        if (release != null) {
            long running = members.stream().filter(life -> life.release() == release).count();
            if (running == members.size()) {
                releases.all(release);
            } else if (running > 0) {
                releases.some(release);
            }
            prepare(release);
        }
    }

    private void prepare(Release release) {
        slowWork.execute(
                () -> {
                    try {
                        kind.prepare(release);
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                });
    }
}
