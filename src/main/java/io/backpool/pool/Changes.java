package io.backpool.pool;

import io.backpool.observe.PoolView.ChangeProgress;
import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * What operators have asked for, one after the other. Used by the pool's thread; all threads may
 * read how the last one goes.
 */
final class Changes {
    private final Queue<Change> begun = new ArrayDeque<>();
    private volatile @Nullable Progress last;

    void add(Change change) {
        begun.add(change);
        last = change.progress();
    }

    boolean isEmpty() {
        return begun.isEmpty();
    }

    /** Goes on with the first one. */
    void advance() {
        Change change = begun.peek();
        if (change != null) {
            change.advance();
            if (!change.progress().isRunning()) {
                begun.remove();
            }
        }
    }

    /** One that was made before this pool began. */
    void made(Progress progress) {
        last = progress;
    }

    /** None goes on. */
    void stop() {
        Change change = begun.peek();
        if (change != null) {
            change.progress().failed("the pool is stopping");
        }
    }

    /** Null: there was none yet. */
    @Nullable ChangeProgress lastProgress() {
        Progress progress = last;
        return progress == null ? null : progress.view();
    }
}
