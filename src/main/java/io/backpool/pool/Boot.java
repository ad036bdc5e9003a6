package io.backpool.pool;

import io.backpool.pool.Member.Ending;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/**
 * The pool's first start: over when every member has been ready at once, failed when one can't
 * start. The pool's thread looks, another waits.
 */
final class Boot {
    private final CompletableFuture<Void> end = new CompletableFuture<>();

    boolean isOver() {
        return end.isDone();
    }

    void look(List<MemberLife> lives) {
        for (MemberLife life : lives) {
            Ending ending = life.failedStart();
            if (ending != null) {
                end.completeExceptionally(
                        new BootException(ending.exitCode(), text(life.route(), ending)));
            }
        }
        if (lives.stream().allMatch(life -> life.state().isReady())) {
            end.complete(null);
        }
    }

    /** It is over, whatever its members do: they are started again and again. */
    void end() {
        end.complete(null);
    }

    /** It can't go on. */
    void fail(BootException why) {
        end.completeExceptionally(why);
    }

    /** A member that can't start as configured says so in words of its own. */
    private static String text(String route, Ending ending) {
        return ending.reason().equals("start")
                ? ending.text()
                : route + " " + ending.text() + " before it was ready; what it said is above";
    }

    /**
     * Waits for its end.
     *
     * @throws BootException if a member can't start
     */
    void await() throws BootException, InterruptedException {
        try {
            end.get();
        } catch (ExecutionException e) {
            throw (BootException) e.getCause();
        }
    }
}
