package io.backpool.pool;

import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The other end of a {@link HandOver}: asks the pool's process of before for the place of one
 * member after the other, and for its end. If that process is gone earlier, all places are ours.
 * Used by the pool's thread, but for what says otherwise.
 */
final class TakeOver {
    private static final Logger LOG = LoggerFactory.getLogger(TakeOver.class);

    private final OtherSupervisor before;
    private final Lives lives;
    private final Boot boot;

    /** The process of before is gone. */
    private final CompletableFuture<Void> end = new CompletableFuture<>();

    private int asked;
    private int granted;

    /** How many members the process of before has; 0: it has not said so yet. */
    private int count;

    /** When the last one that was asked for was ready; null: not yet. */
    private @Nullable Long upSince;

    /** The process of before has heard that this one has all places. */
    private boolean done;

    /** None of the members starts before its place is granted. */
    TakeOver(OtherSupervisor before, Lives lives, Boot boot) {
        this.before = before;
        this.lives = lives;
        this.boot = boot;
        lives.limit(0);
        lives.rotation().shared(true);
    }

    /** Whether the process of before is gone. For all threads. */
    boolean isOver() {
        return end.isDone();
    }

    /** Goes on. */
    void advance() {
        for (String line = before.next(); line != null; line = before.next()) {
            heard(line);
        }
        if (end.isDone()) {
            return;
        }
        if (before.isGone()) {
            takeAll();
        } else if (!done && (asked == 0 || isIn(asked))) {
            goOn();
        }
    }

    private void goOn() {
        if (asked > 0 && asked >= Math.max(count, lives.size())) {
            done = true;
            before.say("done " + ProcessHandle.current().pid());
            return;
        }
        asked++;
        upSince = null;
        boolean serves = lives.all().stream().anyMatch(life -> life.state().takesNewClients());
        before.say("give " + asked + " " + serves);
    }

    private void heard(String line) {
        String[] words = line.split(" ");
        switch (words[0]) {
            case "given" -> {
                granted = Integer.parseInt(words[1]);
                count = Integer.parseInt(words[2]);
                lives.limit(granted);
            }
            case "stop" -> fail("the pool's process of before wants no other one");
            default -> {
                // Another version's; what matters is asked for.
            }
        }
    }

    private void fail(String why) {
        var failure = new BootException(1, why);
        boot.fail(failure);
        end.completeExceptionally(failure);
    }

    /** Its members end by themselves; until they have, ours can't start, and are tried again. */
    private void takeAll() {
        if (!done) {
            LOG.warn("the pool's process of before is gone: this one takes its members' places");
            lives.all().stream()
                    .filter(life -> life.index() > granted)
                    .forEach(life -> lives.rotation().disable(life.index()));
        }
        lives.limit(Integer.MAX_VALUE);
        lives.rotation().shared(false);
        boot.end();
        end.complete(null);
    }

    private boolean isIn(int index) {
        if (index > lives.size()) {
            return index <= granted;
        }
        MemberLife life = lives.all().get(index - 1);
        if (upSince == null && life.state().isReady()) {
            upSince = lives.now();
            long pid = life.report().pid();
            before.say("up %s - up as process %d of the new one".formatted(life.route(), pid));
        }
        if (upSince != null && lives.now() - upSince > Roll.PATIENCE.toNanos()) {
            fail(
                    "%s is up, but not in the rotation of every httpd after %d s: %s"
                            .formatted(
                                    life.route(),
                                    Roll.PATIENCE.toSeconds(),
                                    String.join(", ", lives.rotation().problems(index))));
        }
        return life.isSettled(Set.of());
    }

    /**
     * Waits until the process of before is gone. For another thread.
     *
     * @throws BootException if it stops the pool instead
     */
    void await() throws BootException, InterruptedException {
        try {
            end.get();
        } catch (ExecutionException e) {
            throw (BootException) e.getCause();
        }
    }
}
