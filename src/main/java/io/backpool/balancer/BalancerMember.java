package io.backpool.balancer;

import java.net.URI;
import java.util.Set;

/**
 * One entry of an httpd balancer (httpd's source calls it a worker) as httpd shows it. Immutable.
 *
 * @param name as httpd wrote it, a default port left out: the key of every change
 * @param url scheme, host and port, the port always there; {@code http} also where httpd has {@code
 *     ws}, by which it speaks the same with a member
 * @param redirect route that clients of an unusable member are sent to; also where a {@link
 *     OwnershipNote} stands
 * @param busy requests in flight over all of httpd's children; leaks when a child is killed
 * @param transferred bytes sent to the member
 * @param read bytes read from it
 */
public record BalancerMember(
        String name,
        URI url,
        String route,
        String redirect,
        int lbset,
        double loadFactor,
        Set<MemberStatus> status,
        long elected,
        long busy,
        long transferred,
        long read) {

    public BalancerMember {
        status = Set.copyOf(status);
    }

    /** As in its URL; also a name that no host may have, such as {@code app_1}. */
    public String host() {
        return host(url);
    }

    /** The same of any URL; Java's own is null for such a name. */
    static String host(URI url) {
        return url.getAuthority().replaceFirst(":\\d+$", "");
    }

    /** As in its URL. */
    int port() {
        String authority = url.getAuthority();
        return Integer.parseInt(authority.substring(authority.lastIndexOf(':') + 1));
    }

    public boolean is(MemberStatus flag) {
        return status.contains(flag);
    }

    /** Whether it is a place where its pool has no member, as an {@link OwnershipNote} says. */
    public boolean isFree() {
        return isOut() && OwnershipNote.of(this).flags().contains(MemberStatus.HC_FAIL);
    }

    /** Whether httpd gives it nothing. */
    boolean isOut() {
        return is(MemberStatus.DISABLED) || is(MemberStatus.STOPPED);
    }

    /**
     * Whether httpd gives it new clients. {@code Ok} alone doesn't tell: {@code Drn} stands beside
     * it, and {@code Ign Err} is tried at the next request.
     */
    public boolean inRotation() {
        boolean tried = is(MemberStatus.IN_ERROR) && is(MemberStatus.IGNORE_ERRORS);
        return (is(MemberStatus.OK) || tried)
                && !is(MemberStatus.DRAIN)
                && !isOut()
                && !is(MemberStatus.HC_FAIL);
    }
}
