package io.backpool.proxyconf;

import io.backpool.config.BalancerConfig.Membership;
import io.backpool.config.BalancerConfig.Protocol;
import io.backpool.config.Cidr;
import io.backpool.config.PoolConfig;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What is printed for one httpd.
 *
 * @param name of its balancer, without {@code balancer://}
 * @param protocol to the members
 * @param membership who tells httpd of the members
 * @param standalone a complete file that the server starts on, not a part for a distribution's
 * @param directory for the run-time files of a complete file
 * @param clients how many at once a complete file is for, 1 to 10,000
 * @param auth whether it says who the user is
 * @param behind the networks in front of it that end TLS or balance
 * @param manager address of its balancer-manager, plain HTTP; null: none
 * @param managerAllow networks that may use it; empty: this host alone, where it then listens
 * @param others further balancers of this httpd, with the same members and membership
 * @param hosts the pools, one a host; empty: that of the settings alone
 * @param tls what it has for members that speak TLS; null: they don't
 */
public record FrontEnd(
        String name,
        Protocol protocol,
        Membership membership,
        Listen listen,
        boolean standalone,
        Path directory,
        int clients,
        boolean auth,
        List<Cidr> behind,
        @Nullable URI manager,
        List<Cidr> managerAllow,
        List<Balancer> others,
        List<PoolConfig> hosts,
        @Nullable ProxyTls tls) {
    /** What follows the name of the balancer that takes {@code Expect: 100-continue} for h2c. */
    public static final String EXPECT = "-expect";

    public static final int DEFAULT_CLIENTS = 1000;

    public static final int MOST_CLIENTS = 10_000;

    /**
     * httpd's files for TLS to the members, PEM.
     *
     * @param memberCa whose certificates members have
     * @param certificate its own and the key of that; null: members ask for none
     */
    public record ProxyTls(Path memberCa, @Nullable Path certificate) {}

    /** The members under one name, spoken to in one way. */
    public record Balancer(String name, Protocol protocol) {}

    public FrontEnd {
        others = List.copyOf(others);
        hosts = List.copyOf(hosts);
        managerAllow = List.copyOf(managerAllow);
    }

    Stream<Balancer> balancers() {
        return Stream.concat(Stream.of(new Balancer(name, protocol)), others.stream());
    }

    /** Whether one of its balancers does. */
    public boolean speaks(Protocol wanted) {
        return balancers().anyMatch(balancer -> balancer.protocol() == wanted);
    }

    /** Where its members are. */
    public List<PoolConfig> pools(PoolConfig own) {
        return hosts.isEmpty() ? List.of(own) : hosts;
    }

    boolean isJoined() {
        return membership == Membership.JOIN;
    }
}
