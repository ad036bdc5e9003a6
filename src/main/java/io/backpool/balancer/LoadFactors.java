package io.backpool.balancer;

import java.net.URI;
import java.util.Optional;
import java.util.Set;

/**
 * Which load factor a member of ours gets. httpd's default is 1 and it takes nothing below, so that
 * a share of ten percent needs whole members to have more: ours have {@link DesiredMember#WHOLE}.
 * Only ratios count, and a member that nobody gives a factor would be left with a hundredth: beside
 * such members ours have next to httpd's default.
 *
 * <p>A small factor that a pool gave ends in 4 hundredths. So two pools of one balancer know each
 * other when a reload of httpd has brought all factors back to 1, and neither waits for the other.
 */
final class LoadFactors {
    /** httpd's, and of members that nobody weighs. */
    private static final int DEFAULT = 1;

    /** Nobody gives as much who does not weigh all. */
    private static final int LARGE = 10;

    private static final double MARK = 0.04;

    private LoadFactors() {}

    /**
     * What a member's is to be changed to; empty: it stays.
     *
     * @param wanted from 1 to 100
     * @param ours where members of this pool are, or may be
     */
    static Optional<Double> change(
            Balancer seen, BalancerMember member, int wanted, Set<URI> ours) {
        double now = member.loadFactor();
        if (seen.members().size() == 1) { // httpd keeps the factor of a lone member
            return Optional.empty();
        }
        boolean retreats = isBesideUnweighed(seen, member.lbset(), ours);
        if (retreats && now < LARGE && !Change.isClose(now, DEFAULT)) {
            return Optional.empty(); // Given by an operator.
        }
        double target = inHttpd(retreats ? DesiredMember.LEAST : wanted);
        return Change.isClose(now, target) ? Optional.empty() : Optional.of(target);
    }

    private static double inHttpd(int share) {
        return share < LARGE ? share + MARK : share;
    }

    /** Whether members of others get new clients in this set, and one of them nobody weighs. */
    static boolean isBesideUnweighed(Balancer seen, int lbset, Set<URI> ours) {
        return seen.members().stream()
                .filter(member -> !ours.contains(member.url()) && member.lbset() == lbset)
                .filter(BalancerMember::inRotation)
                .filter(member -> !member.is(MemberStatus.HOT_STANDBY))
                .filter(member -> !member.is(MemberStatus.HOT_SPARE))
                .anyMatch(member -> !isWeighed(member.loadFactor()));
    }

    private static boolean isWeighed(double factor) {
        return factor >= LARGE || Change.isClose(factor - Math.floor(factor), MARK);
    }
}
