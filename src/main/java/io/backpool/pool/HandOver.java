package io.backpool.pool;

import io.backpool.pool.MemberKind.ReleaseException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * Hands the members to another process of the pool, which asks for one after the other:
 *
 * <pre>
 * out of every httpd's rotation -> its requests finish, it ends -> its place is given
 *   -> the other process's member, ready, in every httpd's rotation -> the next one
 * </pre>
 *
 * If the other process ends before it has all, they are started here again. Used by the pool's
 * thread.
 */
final class HandOver implements Change {
    private final Progress progress;
    private final Lives lives;
    private final CompletableFuture<OtherSupervisor> next;
    private final boolean force;
    private final Duration grace;
    private final CompletableFuture<Long> handedOver;
    private final List<MemberLife> given = new ArrayList<>();

    /** Null: none is asked for at the moment. */
    private @Nullable MemberLife leaving;

    /** When {@link #leaving} had ended; null: not yet. */
    private @Nullable Long endedAt;

    /** When the members began to be taken back; null: they are not. */
    private @Nullable Long backSince;

    private String failure =
            "the new process ended before it had all members; what it said is in the pool's log";

    /**
     * @param next the other process, when it is started
     * @param force whether the last member that serves may be taken out
     * @param grace how long clients that stick to a member are still served
     * @param handedOver gets the number of the other process when that is the pool
     */
    HandOver(
            Progress progress,
            Lives lives,
            CompletableFuture<OtherSupervisor> next,
            boolean force,
            Duration grace,
            CompletableFuture<Long> handedOver) {
        this.progress = progress;
        this.lives = lives;
        this.next = next;
        this.force = force;
        this.grace = grace;
        this.handedOver = handedOver;
    }

    @Override
    public Progress progress() {
        return progress;
    }

    /** The pool stops, and the other process with it. */
    void stop() {
        var unused = next.thenAccept(other -> other.say("stop"));
    }

    /** After {@link #stop}: whether it has ended, or never began. */
    boolean isOtherGone() {
        if (!next.isDone() || next.isCompletedExceptionally()) {
            return true;
        }
        OtherSupervisor other = next.join();
        while (other.next() != null) {
            // It does not matter any more.
        }
        return other.isGone();
    }

    @Override
    public void advance() {
        if (!next.isDone() || handedOver.isDone()) {
            return;
        }
        try {
            OtherSupervisor other = next.join();
            for (String line = other.next(); line != null; line = other.next()) {
                heard(other, line);
            }
            if (other.isGone() && !handedOver.isDone()) {
                takeBack();
            } else {
                give(other);
            }
        } catch (CompletionException e) {
            Throwable cause = Objects.requireNonNullElse(e.getCause(), e);
            progress.failed(
                    (cause instanceof ReleaseException ? cause.getMessage() : cause)
                            + "\nThe pool is as it was before");
        }
    }

    private void heard(OtherSupervisor from, String line) {
        String[] words = line.split(" ", 3);
        switch (words[0]) {
            case "give" -> asked(from, Integer.parseInt(words[1]), words[2].equals("true"));
            case "up" -> progress.step(line.substring("up ".length()));
            case "failed" -> failure = line.substring("failed ".length());
            case "done" -> handedOver.complete(Long.valueOf(words[1]));
            default -> {
                // A later version's; what matters is answered.
            }
        }
    }

    private void asked(OtherSupervisor by, int index, boolean othersServe) {
        if (index > lives.size()) {
            give(by, index);
            return;
        }
        lives.rotation().shared(true);
        MemberLife life = lives.all().get(index - 1);
        if (!othersServe && !force && lives.isLastServing(life)) {
            failure = life.route() + " is the last member that serves";
            by.say("stop");
            return;
        }
        progress.step(life.route() + " - leaves the rotation");
        leaving = life;
        endedAt = null;
        given.add(life);
        life.stop(grace);
    }

    private void give(OtherSupervisor to) {
        MemberLife life = leaving;
        if (life != null && isAway(life)) {
            leaving = null;
            give(to, life.index());
        }
    }

    private void give(OtherSupervisor to, int index) {
        to.say("given " + index + " " + lives.size());
    }

    /** Whether it has ended, and nothing is wanted of httpd any more, as far as that answers. */
    private boolean isAway(MemberLife life) {
        if (life.state() != LifeState.STOPPED) {
            return false;
        }
        endedAt = endedAt == null ? lives.now() : endedAt;
        return lives.rotation().isForgotten(life.index())
                || lives.now() - endedAt > MemberLife.LONGEST_AGREEMENT.toNanos();
    }

    /** Where the other process was killed, its members end by themselves; until then ours fail. */
    private void takeBack() {
        if (backSince == null) {
            backSince = lives.now();
            progress.step("the new process has ended: its members are taken back");
            given.removeIf(MemberLife::stay);
            given.forEach(life -> lives.rotation().disable(life.index()));
            lives.rotation().shared(false);
        }
        for (MemberLife life : List.copyOf(given)) {
            if (life.state() == LifeState.STOPPED) {
                given.remove(life);
                lives.again(life);
            }
        }
        boolean late = lives.now() - backSince > Roll.PATIENCE.toNanos();
        if (lives.all().stream().allMatch(life -> life.isSettled(Set.of())) || late) {
            progress.failed(
                    failure
                            + (late
                                    ? "\nNot every member is back in the rotation yet: see status"
                                    : "\nThe process of before has its members again"));
        }
    }
}
