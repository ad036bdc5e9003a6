package io.backpool.pool;

import io.backpool.pool.Member.Ending;
import io.backpool.pool.MemberKind.ReleaseException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Replaces members one at a time, or a few, without a failed request:
 *
 * <pre>
 * out of every httpd's rotation -> its requests finish, it ends
 *   -> the next run, ready -> back in every httpd's rotation -> the next member
 * </pre>
 *
 * At the first one that fails it stops: the others stay as they are. Used by the pool's thread.
 */
final class Roll implements Change {
    /** For httpd to take a member back, and for another member to serve before the last leaves. */
    static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Progress progress;
    private final MemberList members;
    private final Plan plan;
    private final @Nullable Progress spare;
    private final List<Replacement> running = new ArrayList<>();
    private @Nullable Queue<MemberLife> waiting;
    private @Nullable String failure;
    private long lastMemberSince = -1;

    /**
     * What is to be done.
     *
     * @param order the members, asked for when the roll begins
     * @param next what they run from then on; null: each what it ran
     * @param reason one of {@link MemberLife#REASONS}
     * @param weight as in {@link MemberLife#replace}
     * @param force whether the last member that serves may be taken out
     * @param without names of front ends that need not agree
     * @param ended called at the end with what was rolled to, null if nothing
     */
    record Plan(
            Supplier<List<MemberLife>> order,
            @Nullable CompletableFuture<Release> next,
            String reason,
            @Nullable Integer weight,
            int parallel,
            Duration grace,
            boolean force,
            Set<String> without,
            Consumer<@Nullable Release> ended) {}

    /**
     * @param spare of the change before, which lets one member more serve; null: there is none
     */
    Roll(Progress progress, MemberList members, Plan plan, @Nullable Progress spare) {
        this.progress = progress;
        this.members = members;
        this.plan = plan;
        this.spare = spare;
    }

    @Override
    public Progress progress() {
        return progress;
    }

    @Override
    public void advance() {
        if (plan.next != null && !plan.next.isDone()) {
            return;
        }
        if (waiting == null) {
            waiting = new ArrayDeque<>(plan.order.get());
            checkRelease();
            checkSpare();
        }
        running.removeIf(Replacement::advance);
        int most = Math.min(plan.parallel, Math.max(1, members.all().size() - 1));
        while (failure == null && running.size() < most && !waiting.isEmpty() && mayLeave()) {
            running.add(new Replacement(waiting.remove()));
        }
        if (running.isEmpty() && (failure != null || waiting.isEmpty())) {
            end();
        }
    }

    private @Nullable Release next() {
        return plan.next == null || plan.next.isCompletedExceptionally() ? null : plan.next.join();
    }

    private void checkRelease() {
        try {
            if (plan.next != null) {
                plan.next.join();
            }
        } catch (CompletionException e) {
            Throwable cause = e.getCause();
            failure =
                    (cause instanceof ReleaseException ? cause.getMessage() : String.valueOf(cause))
                            + "\nNothing was restarted";
        }
    }

    private void checkSpare() {
        String error = spare == null ? null : spare.view().error();
        if (error != null && failure == null) {
            failure = "No further member serves: " + error + "\nNothing was restarted";
        }
    }

    /** Whether the next member may leave now: another one serves. */
    private boolean mayLeave() {
        MemberLife next = Objects.requireNonNull(waiting).element();
        if (plan.force || !members.isLastServing(next)) {
            lastMemberSince = -1;
            return true;
        }
        if (lastMemberSince < 0) {
            lastMemberSince = members.now();
        } else if (members.now() - lastMemberSince > PATIENCE.toNanos()) {
            failure = next.route() + " is the last member that serves; it stays as it is";
        }
        return false;
    }

    private void end() {
        Release release = next();
        plan.ended.accept(release);
        if (failure == null) {
            progress.done();
        } else {
            progress.failed(failure);
        }
    }

    /** One member on its way. */
    private final class Replacement {
        private final MemberLife life;
        private final int startsBefore;
        private final boolean hasHttpd = !members.rotation().isEmpty();
        private boolean finishing;
        private boolean up;
        private long deadline;

        Replacement(MemberLife life) {
            this.life = life;
            this.startsBefore = life.starts();
            if (hasHttpd) {
                progress.step(life.route() + " - leaves the rotation");
            }
            Release next = next();
            life.replace(
                    next == null ? life.release() : next, plan.reason, plan.weight, plan.grace);
        }

        /** Whether it is over. */
        boolean advance() {
            if (!finishing
                    && life.state() != LifeState.GRACE
                    && life.state() != LifeState.TAKEN_OUT) {
                finishing = true;
                if (hasHttpd && !life.wasHttpdNotified()) {
                    progress.step(
                            life.route()
                                    + " - not every httpd has confirmed it: their own health checks"
                                    + " take the member out");
                }
                progress.step(life.route() + " - finishes its requests");
            }
            if (life.starts() == startsBefore) {
                return false;
            }
            Ending failed = life.failedStart();
            if (failed != null) {
                failure =
                        "%s did not come up: %s. It is started again as it was before"
                                .formatted(life.route(), failed.text());
                return true;
            }
            if (!up && life.state().isReady()) {
                up = true;
                deadline = members.now() + PATIENCE.toNanos();
                progress.step(life.route() + " - up as process " + life.report().pid());
            }
            return up && isSettled();
        }

        private boolean isSettled() {
            if (life.isSettled(plan.without)) {
                if (hasHttpd && !life.isHeld()) {
                    progress.step(life.route() + " - back in the rotation");
                }
                return true;
            }
            if (members.now() - deadline > 0) {
                failure =
                        "%s is up, but not in the rotation of every httpd after %d s: see status"
                                .formatted(life.route(), PATIENCE.toSeconds());
                return true;
            }
            return false;
        }
    }
}
