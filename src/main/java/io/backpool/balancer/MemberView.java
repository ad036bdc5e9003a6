package io.backpool.balancer;

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

    MemberView with(String failure) {
        return new MemberView(wanted, seen, held, agreed, failure);
    }
}
