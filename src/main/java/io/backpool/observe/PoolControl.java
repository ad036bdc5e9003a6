package io.backpool.observe;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What operators may ask of the pool. Each method begins a change, or refuses it at once; {@link
 * PoolView#change} shows how far it is. Safe for all threads; no method waits for a member.
 */
public interface PoolControl extends PoolView {
    /**
     * Takes a member out of the rotation; it stays out until {@link #resume}, over restarts too.
     *
     * @param force even if it is the last one that serves
     */
    void drain(String route, boolean force) throws ControlException;

    /** Puts a member back, also one that httpd's operator took out. */
    void resume(String route) throws ControlException;

    /**
     * Takes all members out of every httpd, which answers 503 then; or lets new requests wait in
     * them; or ends either. Members go on running; it lasts over restarts.
     *
     * @param hold as in {@link PoolView#pause}, less than {@code limits.request-timeout}
     */
    void pause(@Nullable Duration hold) throws ControlException;

    /** Replaces members one after the other. */
    void restart(RestartRequest request) throws ControlException;

    /**
     * Hands all members, one after the other, to another process of the pool, on the settings as
     * they are on disk; then this one ends. If that fails, it takes them back.
     *
     * @param jar the backend.jar of the other process; null: the one that members run, as it is on
     *     disk
     * @param force even if it takes out the last member that serves
     */
    void upgrade(@Nullable Path jar, boolean force) throws ControlException;

    /**
     * Starts or stops members until there are {@code members} of them, 1 to 100.
     *
     * @param force even if no member that stays serves
     */
    void scale(int members, boolean force) throws ControlException;

    /**
     * A rolling restart.
     *
     * @param route the one member to restart; null: all
     * @param parallel how many at a time, 1 or more
     * @param to the jar to run from now on; null: the one that the pool was started with, as it is
     *     on disk
     * @param weight percent of all new clients that the one member gets, 1 to 50, until it is
     *     restarted again; null: as many as any other
     * @param back whether to return to the version before
     * @param force even if it takes out the last member that serves
     * @param surge whether one member more serves meanwhile
     * @param without names of front ends that may be down meanwhile
     */
    record RestartRequest(
            @Nullable String route,
            int parallel,
            @Nullable Path to,
            @Nullable Integer weight,
            boolean back,
            boolean force,
            boolean surge,
            Set<String> without) {
        /** All members, one at a time, with what lies on disk. */
        public static final RestartRequest ALL =
                new RestartRequest(null, 1, null, null, false, false, false, Set.of());

        /** The members that run another version than the others return to theirs. */
        public static final RestartRequest BACK =
                new RestartRequest(null, 1, null, null, true, false, false, Set.of());

        public RestartRequest {
            without = Set.copyOf(without);
        }

        /** As it is typed. */
        public String words() {
            return "restart"
                    + (route == null ? "" : " " + route)
                    + (to == null ? "" : " --to " + to)
                    + (weight == null ? "" : " --weight " + weight)
                    + (back ? " --back" : "")
                    + (surge ? " --surge" : "");
        }
    }
}
