package io.backpool.engine;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * Something that is opened once, may take long to open or fail, and is used by all threads. The
 * first caller asks while it is being opened gets what becomes of that attempt: however many wait
 * for an engine that does not answer, each waits for its timeout once. Safe for all threads.
 *
 * @param <E> what opening it throws
 */
public final class OpenedOnce<T, E extends Exception> {
    private final Opener<T, E> opener;

    /** Guarded by this; null before the first attempt and after one that failed. */
    private @Nullable CompletableFuture<T> attempt;

    /** Opens it; ends in bounded time. */
    @FunctionalInterface
    public interface Opener<T, E extends Exception> {
        T open() throws E;
    }

    public OpenedOnce(Opener<T, E> opener) {
        this.opener = opener;
    }

    /** What is open, opened by this thread or waited for if need be. */
    public T get() throws E {
        var mine = new CompletableFuture<T>();
        CompletableFuture<T> current = joinOrBegin(mine);
        if (current == mine) {
            open(mine);
        }
        try {
            return current.join();
        } catch (CompletionException e) {
            throw failure(e.getCause());
        }
    }

    /** Whatever is open is given back, and opened anew when it is next asked for. */
    public synchronized @Nullable T drop() {
        CompletableFuture<T> dropped = attempt;
        attempt = null;
        return dropped == null || !dropped.isDone() ? null : dropped.join();
    }

    /** The same, unless another is open by now. */
    public synchronized boolean drop(T opened) {
        if (attempt == null || !attempt.isDone() || attempt.join() != opened) {
            return false;
        }
        attempt = null;
        return true;
    }

    private synchronized CompletableFuture<T> joinOrBegin(CompletableFuture<T> mine) {
        if (attempt == null) {
            attempt = mine;
        }
        return attempt;
    }

    private void open(CompletableFuture<T> mine) {
        try {
            mine.complete(opener.open());
        } catch (Throwable t) {
            forget(mine);
            mine.completeExceptionally(t);
        }
    }

    private synchronized void forget(CompletableFuture<T> failed) {
        if (attempt == failed) {
            attempt = null;
        }
    }

    /** An opener throws E and what is unchecked, nothing else. */
    @SuppressWarnings("unchecked")
    private E failure(@Nullable Throwable cause) {
        if (cause instanceof RuntimeException unchecked) {
            throw unchecked;
        }
        if (cause instanceof Error error) {
            throw error;
        }
        return (E) java.util.Objects.requireNonNull(cause);
    }
}
