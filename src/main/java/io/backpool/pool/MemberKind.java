package io.backpool.pool;

import io.backpool.observe.PoolView.OwnMetrics;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Starts members of one kind. Used by the pool's threads. */
public interface MemberKind extends AutoCloseable {
    /** What the members ran when the pool was started. */
    Release current();

    /**
     * What lies on disk now, checked: members can run it; {@code now} itself if that is the same.
     * May take seconds.
     *
     * @param now what most members run
     * @param jar what to run instead of the pool's jar, or the application's, whichever it is;
     *     null: the same files
     * @param members how many there are
     * @throws ReleaseException if members can't run it: says why
     */
    Release next(Release now, @Nullable Path jar, int members)
            throws ReleaseException, InterruptedException;

    /**
     * Begins to start member {@code index} of {@code members}.
     *
     * @param changed to be called, by any thread, when its report changed in more than numbers
     */
    Member start(int index, int members, Release release, Runnable changed);

    /** Makes later starts of this release faster, if it can. May take minutes. */
    default void prepare(Release release) throws InterruptedException {}

    /**
     * Whether members may outgrow the machine's memory.
     *
     * @param startedAmong for each member: how many there were to be when its run was started
     * @return what to say; null: they fit
     */
    default @Nullable String memoryExcess(List<Integer> startedAmong) {
        return null;
    }

    /** Whether a member can be replaced without ending the others. */
    default boolean canRestart() {
        return true;
    }

    /** Whether {@link Member#hold} does what it says. */
    default boolean canHold() {
        return true;
    }

    /** Whether members of this kind can be handed to another process of the pool. */
    default boolean canHandOver() {
        return false;
    }

    /**
     * Starts another process of the pool, which takes the members over. Takes seconds.
     *
     * @param now what most members run
     * @param jar what it runs; null: where the jar of {@code now} lay
     * @param members how many there are
     * @throws ReleaseException if that can't run it: says why
     */
    default OtherSupervisor startNext(Release now, @Nullable Path jar, int members)
            throws ReleaseException, InterruptedException {
        throw new UnsupportedOperationException();
    }

    /** Ports of admin listeners of the members' own processes. */
    default List<Integer> adminPorts(int members) {
        return List.of();
    }

    /** Where so many members show metrics of their own; null: nowhere. */
    default @Nullable OwnMetrics ownMetrics(int members) {
        return null;
    }

    /** Returns when what all members of this JVM need is seen to work; for ever while it hangs. */
    default void awaitAlive() throws InterruptedException {}

    /** The pool stops: what the members do besides answering requests may end. */
    default void stopping() {}

    @Override
    void close() throws Exception;

    /** What lies on disk can't be run by the members. */
    final class ReleaseException extends Exception {
        private static final long serialVersionUID = 1;

        private final transient List<String> pendingSettings;

        /**
         * Says why.
         *
         * @param pendingSettings those that need a restart of the whole pool; empty: that is not
         *     the reason
         */
        public ReleaseException(String message, List<String> pendingSettings) {
            super(message);
            this.pendingSettings = List.copyOf(pendingSettings);
        }

        List<String> pendingSettings() {
            return pendingSettings;
        }
    }
}
