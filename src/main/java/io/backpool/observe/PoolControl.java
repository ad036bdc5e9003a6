package io.backpool.observe;

import io.backpool.server.MemberState;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the admin listener may ask of whoever runs the members: the pool where they share its JVM,
 * the supervisor where each is a process. Safe for all threads; no method waits for a member.
 */
public interface PoolControl {
    /** Every member as of now, by index. */
    List<MemberView> members();

    /**
     * Services that were started, {@code UP} or {@code DOWN} by name: down where one process, if
     * not all, finds it so.
     */
    Map<String, String> services();

    /** Begins to take a member out of the rotation; it stays out until {@link #resume}. */
    void drain(String route) throws ControlException;

    /** Begins to put a member back, whoever took it out. */
    void resume(String route) throws ControlException;

    /**
     * Begins a rolling restart.
     *
     * @param route the one member to restart; null: all, one after the other
     * @param parallel how many at a time, 1 or more
     */
    void restart(@Nullable String route, int parallel) throws ControlException;

    /** Whether members are processes of their own, which alone can be restarted. */
    boolean canRestart();

    /** How far the last rolling restart is; null if there was none. */
    @Nullable RestartProgress restartProgress();

    /** Ports of the admin listeners beside this one, each with metrics of its own: of processes. */
    default List<Integer> otherAdminPorts() {
        return List.of();
    }

    /** Begins to open or close members until there are {@code members} of them, 1 to 100. */
    void scale(int members) throws ControlException;

    /**
     * One member.
     *
     * @param state one of {@link MemberState}, in lower case
     * @param ready what its {@code /health/ready} says
     * @param ajpPort 0 without AJP
     * @param inFlight requests begun and not finished; -1 while its process does not say
     * @param restarts of its process since the pool started
     * @param traffic what it answered since its process began
     * @param balancers what each httpd says of it, by the manager's URL: {@code Ok}, {@code Drn},
     *     ...
     */
    record MemberView(
            String route,
            String state,
            boolean ready,
            long pid,
            int httpPort,
            int ajpPort,
            int inFlight,
            int restarts,
            Traffic traffic,
            Map<String, String> balancers) {
        public MemberView {
            balancers = Map.copyOf(balancers);
        }
    }

    /**
     * A rolling restart.
     *
     * @param steps what happened so far, a line each
     * @param error why it stopped; null if it did not
     */
    record RestartProgress(boolean running, List<String> steps, @Nullable String error) {
        public RestartProgress {
            steps = List.copyOf(steps);
        }
    }

    /** The pool can't do what was asked; says why, and with which HTTP status. */
    final class ControlException extends Exception {
        private static final long serialVersionUID = 1;

        private final int status;

        public ControlException(int status, String message) {
            super(message);
            this.status = status;
        }

        public int status() {
            return status;
        }
    }
}
