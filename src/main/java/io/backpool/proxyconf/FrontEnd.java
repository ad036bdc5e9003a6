package io.backpool.proxyconf;

import io.backpool.config.BalancerConfig.Membership;
import java.net.URI;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What is printed for one httpd.
 *
 * @param name of its balancer, without {@code balancer://}
 * @param protocol to the members
 * @param membership who tells httpd of the members
 * @param standalone a complete file that the server starts on, not a part for a distribution's
 * @param directory for the run-time files of a complete file
 * @param manager address of its balancer-manager, plain HTTP on loopback; null: none
 */
public record FrontEnd(
        String name,
        Protocol protocol,
        Membership membership,
        Listen listen,
        boolean standalone,
        Path directory,
        @Nullable URI manager) {

    boolean isJoined() {
        return membership == Membership.JOIN;
    }
}
