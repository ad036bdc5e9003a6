package io.backpool.balancer;

import io.backpool.balancer.DesiredMember.DesiredState;
import org.jspecify.annotations.Nullable;

/**
 * One of our members: what we want, what httpd has. Immutable.
 *
 * @param seen null: httpd does not have it
 * @param held whether an operator holds it (disabled, stopped or draining by hand)
 * @param agreed whether httpd does what we want; what an operator holds counts as done
 * @param problem what keeps it from being so and what to do; null: nothing
 */
public record MemberView(
        DesiredMember wanted,
        @Nullable BalancerMember seen,
        boolean held,
        boolean agreed,
        @Nullable String problem) {

    static final String HELD = "held by an operator in balancer-manager until it is resumed";

    /** What httpd shows. */
    String says() {
        return seen == null
                ? "absent"
                : MemberStatus.words(seen.status()) + (held ? " (held by an operator)" : "");
    }

    /** What keeps a member that shall serve out of the rotation; null: nothing. */
    @Nullable String obstacle() {
        if (problem != null || wanted.state() != DesiredState.SERVING) {
            return problem;
        }
        return held ? HELD : agreed ? null : "httpd says " + says();
    }

    MemberView with(String failure) {
        return new MemberView(wanted, seen, held, agreed, failure);
    }
}
