package io.backpool.balancer;

import io.backpool.balancer.DesiredMember.DesiredState;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One of our members: what we want, what httpd has. Immutable.
 *
 * @param seen null: httpd does not have it
 * @param held whether an operator holds it (disabled, stopped or draining by hand)
 * @param agreed whether httpd does what we want; what an operator holds counts as done
 * @param fault of its place; null: none
 * @param problem what keeps it from being so and what to do; null: nothing
 */
public record MemberInHttpd(
        DesiredMember wanted,
        @Nullable BalancerMember seen,
        boolean held,
        boolean agreed,
        SeatFault.@Nullable Kind fault,
        @Nullable String problem) {

    static final String HELD = "held by an operator in balancer-manager until it is resumed";

    /** What httpd shows. */
    String says() {
        return (seen == null ? "absent" : MemberStatus.words(seen.status()))
                + (held ? " (held by an operator)" : "")
                + (fault == null ? "" : " (" + fault.label() + ")");
    }

    /** What keeps a member that shall serve out of the rotation; null: nothing. */
    @Nullable String obstacle() {
        if (problem != null || wanted.state() != DesiredState.SERVING) {
            return problem;
        }
        return held ? HELD : agreed ? null : "httpd says " + says();
    }

    MemberInHttpd with(@Nullable String failure, List<SeatFault> faults) {
        SeatFault.Kind kind =
                faults.stream()
                        .filter(it -> it.route().equals(wanted.route()))
                        .map(SeatFault::kind)
                        .findFirst()
                        .orElse(null);
        return new MemberInHttpd(
                wanted, seen, held, agreed, kind, failure == null ? problem : failure);
    }
}
