package io.backpool.balancer;

import java.net.URI;
import java.util.Optional;
import java.util.Set;

/**
 * Which load factor a member of ours gets. httpd's default is 1 and it takes nothing below, so that
 * a share of ten percent needs whole members to have more: ours have {@link DesiredMember#WHOLE}.
 * Only ratios count, and a member that nobody gives a factor would be left with a hundredth: beside
 * such members ours have httpd's default.
 */
final class LoadFactors {
    /** httpd's, and of whole members that nobody weighs. */
    private static final int DEFAULT = 1;

    /** Where there is such a factor, somebody gives members more than httpd's default. */
    private static final int LARGE = 10;

    private LoadFactors() {}

    /**
     * What a member's is to be changed to; empty: it stays.
     *
     * @param wanted from 1 to 100
     * @param ours where members of this pool are, or may be
     */
    static Optional<Integer> change(
            Balancer seen, BalancerMember member, int wanted, Set<URI> ours) {
        if (seen.members().size() == 1) { // httpd keeps the factor of a lone member
            return Optional.empty();
        }
        if (isBesideUnweighed(seen, member.lbset(), ours)) {
            return member.loadFactor() < LARGE ? Optional.empty() : Optional.of(DEFAULT);
        }
        return Change.isClose(member.loadFactor(), wanted) ? Optional.empty() : Optional.of(wanted);
    }

    /**
     * Whether members of others get new clients in this set, and nobody weighs them: another pool
     * has at least two thirds of its own at a large factor.
     */
    static boolean isBesideUnweighed(Balancer seen, int lbset, Set<URI> ours) {
        return seen.members().stream()
                        .filter(member -> !ours.contains(member.url()) && member.lbset() == lbset)
                        .filter(BalancerMember::inRotation)
                        .filter(member -> !member.is(MemberStatus.HOT_STANDBY))
                        .filter(member -> !member.is(MemberStatus.HOT_SPARE))
                        .mapToDouble(BalancerMember::loadFactor)
                        .max()
                        .orElse(LARGE)
                < LARGE;
    }
}
