package io.backpool.balancer;

import java.net.URI;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One httpd at the end of the last pass over it. Immutable.
 *
 * @param name of the balancer
 * @param up whether its manager could be read
 * @param lastError why not, or the last time why not; null: never
 * @param seen everything that httpd has, other people's members too; null: not read yet
 * @param members ours, in the order of their routes' first mention
 * @param httpd its own threads; null: it does not tell
 * @param actions how often each was done, or failed
 */
public record BalancerStats(
        URI manager,
        String name,
        boolean up,
        @Nullable String lastError,
        @Nullable Balancer seen,
        List<MemberView> members,
        @Nullable HttpdStatus httpd,
        Map<Outcome, Long> actions) {

    public BalancerStats {
        members = List.copyOf(members);
        actions = Map.copyOf(actions);
    }

    /**
     * @param action {@code add}, {@code enable}, {@code drain}, {@code disable}, {@code pulse} or
     *     {@code set}
     * @param result {@code done} or {@code failed}
     */
    public record Outcome(String action, String result) {}
}
