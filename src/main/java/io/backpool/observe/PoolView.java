package io.backpool.observe;

import io.backpool.balancer.BalancerStats;
import io.backpool.balancer.Standing;
import io.backpool.config.PoolConfig;
import io.backpool.server.MemberState;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the admin listener shows: of a pool, or of the one member that a process is. Safe for all
 * threads; no method waits.
 */
public interface PoolView {
    /** Every member as of now, by index. */
    List<MemberView> members();

    /**
     * Services that were started, {@code UP} or {@code DOWN} by name: down if one process finds it
     * so.
     */
    Map<String, String> services();

    /** What the pool was started with; its members now are {@link #members}. */
    PoolConfig settings();

    /**
     * How long new requests wait in the members, before they get 503, until an operator lets them
     * in; zero: none comes, all members are out of every httpd; null: there is no pause.
     */
    default @Nullable Duration pause() {
        return null;
    }

    /** Every httpd at the end of the last look at it. */
    default List<BalancerStats> frontEnds() {
        return List.of();
    }

    /** Whether members can be restarted one by one: those that are processes. */
    default boolean canRestart() {
        return false;
    }

    /** How far the last rolling restart is; null if there was none. */
    default @Nullable ChangeProgress restartProgress() {
        return null;
    }

    /** How far the last change is, of whatever kind; null if there was none. */
    default @Nullable ChangeProgress change() {
        return null;
    }

    /** Settings on disk that need a restart of the whole pool, as of the last rolling restart. */
    default List<String> pendingSettings() {
        return List.of();
    }

    /** Ports of the admin listeners of the members' own processes. */
    default List<Integer> otherAdminPorts() {
        return List.of();
    }

    /** Metrics that the members themselves show to Prometheus; null: none beside the admin's. */
    default @Nullable OwnMetrics ownMetrics() {
        return null;
    }

    /**
     * Where the members, which are programs, show metrics of their own.
     *
     * @param host as in a URL
     */
    record OwnMetrics(String path, String host, List<Integer> ports) {
        public OwnMetrics {
            ports = List.copyOf(ports);
        }
    }

    /**
     * One member.
     *
     * @param state one of {@link MemberState}, in lower case
     * @param ready what its {@code /health/ready} says
     * @param pid of its process; 0 while there is none
     * @param ajpPort 0 without AJP
     * @param inFlight requests begun and not finished; -1 while its process does not say
     * @param held requests that wait in a pause; -1: they begin as they come
     * @param restarts of its process since the pool started
     * @param traffic what it answered since its process began
     * @param balancers what each httpd says of it, by front end: {@code Ok}, {@code Drn}, ...
     * @param rotation whether each httpd sends it new clients, by front end
     * @param version of what it runs
     * @param usage what is seen of its process from outside
     * @param share percent of a whole member's new clients that it gets, as far as the pool gives
     *     shares; 0: it gets none; {@link #UNKNOWN_SHARE}: only the pool knows
     * @param ejected why it gets next to nothing, to follow its route; null: it is not ejected
     */
    record MemberView(
            String route,
            String state,
            boolean ready,
            long pid,
            int httpPort,
            int ajpPort,
            int inFlight,
            int held,
            int restarts,
            Traffic traffic,
            Map<String, String> balancers,
            Map<String, Standing> rotation,
            String version,
            Usage usage,
            int share,
            @Nullable String ejected) {
        public static final int UNKNOWN_SHARE = -1;

        public MemberView {
            rotation = Map.copyOf(rotation);
            balancers = Map.copyOf(balancers);
        }
    }

    /**
     * A change of the pool: a rolling restart, a scaling.
     *
     * @param what was asked for: {@code scale 4}
     * @param steps what happened so far, a line each
     * @param error why it stopped; null if it did not
     */
    record ChangeProgress(
            String what, boolean running, List<String> steps, @Nullable String error) {
        public ChangeProgress {
            steps = List.copyOf(steps);
        }
    }
}
