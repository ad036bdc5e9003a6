package io.backpool.balancer;

import java.net.URI;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What we want httpd to think of one of our members. Immutable.
 *
 * @param url scheme, host and port, the port always there
 * @param socket through which this httpd is to reach it, where it is not there yet; null: over TCP
 * @param loadFactor its share of a whole member's, {@link #LEAST} to {@link #WHOLE}; null: whatever
 *     httpd has
 */
public record DesiredMember(
        URI url,
        @Nullable Path socket,
        String route,
        @Nullable Integer loadFactor,
        DesiredState state) {

    /** Of a member that gets as much as any other. */
    public static final int WHOLE = 100;

    /** httpd takes none below. */
    public static final int LEAST = 1;

    DesiredMember gone() {
        return new DesiredMember(url, socket, route, loadFactor, DesiredState.GONE);
    }

    DesiredMember with(int factor) {
        return new DesiredMember(url, socket, route, factor, state);
    }

    boolean isGone() {
        return state == DesiredState.GONE;
    }

    /** How much of the traffic it shall have. */
    public enum DesiredState {
        /**
         * All of it. Say so only of a member that is ready: httpd is then made to forget errors.
         */
        SERVING,
        /** Sticky clients only. */
        DRAINING,
        /** Nothing. */
        DISABLED,
        /** Nothing, and there is no port to ask whether it is well. */
        GONE
    }
}
