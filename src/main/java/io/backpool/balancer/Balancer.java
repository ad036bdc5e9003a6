package io.backpool.balancer;

import java.net.URI;
import java.util.List;
import java.util.Optional;

/**
 * One balancer of an httpd at one moment. Immutable.
 *
 * @param name without {@code balancer://}
 * @param nonce what a change must bring; empty: httpd takes no changes ({@code nonce=None})
 */
public record Balancer(String name, String nonce, List<BalancerMember> members) {
    public Balancer {
        members = List.copyOf(members);
    }

    /** The member at this scheme, host and port. */
    public Optional<BalancerMember> member(URI url) {
        return members.stream().filter(member -> member.url().equals(url)).findFirst();
    }

    /** The member at another address that gets new clients under this route. */
    public Optional<BalancerMember> elsewhere(String route, URI url) {
        return members.stream()
                .filter(member -> member.route().equals(route) && !member.url().equals(url))
                .filter(BalancerMember::inRotation)
                .findFirst();
    }
}
