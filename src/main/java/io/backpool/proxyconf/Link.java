package io.backpool.proxyconf;

import io.backpool.config.LimitsConfig;
import io.backpool.config.NumericAddress;
import io.backpool.config.PoolConfig;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.time.Duration;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** What a front end and the members must agree on, each number from one setting. */
public final class Link {
    /** Seconds; a member is near, and a client waits meanwhile. */
    static final int CONNECT_TIMEOUT = 2;

    /** Tries beyond the first: a client must not wait for every member of a large pool. */
    static final int MAX_ATTEMPTS = 2;

    private static final Duration LATE_ANSWER = Duration.ofSeconds(5);

    private static final long MOST_TTL = 30;

    private static final int LEAST_GROWTH = 8;
    private static final int MOST_GROWTH = 100;

    private Link() {}

    /**
     * Seconds after which the front end lets an idle connection go. Half the members' own idle
     * timeout, so that the member is never the one who closes: a request that meets a close on its
     * way is lost. More than 30 s would gain nothing.
     */
    public static long ttl(LimitsConfig limits) {
        return Math.min(MOST_TTL, limits.idleTimeout().toSeconds() / 2);
    }

    /** Places for members to join; httpd takes no more than 100, and none is ever given back. */
    public static int growth(PoolConfig pool) {
        return Math.min(MOST_GROWTH, Math.max(LEAST_GROWTH, 2 * pool.members()));
    }

    /**
     * Seconds that a member may be silent within a request. A little more than the members allow
     * themselves, so that it is they who answer.
     */
    public static long timeout(LimitsConfig limits) {
        return seconds(limits.requestTimeout().plus(LATE_ANSWER));
    }

    /** Rounded up: front ends count whole seconds. */
    static long seconds(Duration duration) {
        return duration.plusMillis(999).toSeconds();
    }

    /** Where a front end on this host reaches the members, as it stands in a URL. */
    public static String host(PoolConfig pool) {
        return host(pool.bind());
    }

    /** The same, of whatever is bound there. */
    static String host(InetAddress bind) {
        if (bind.isAnyLocalAddress()) {
            return bind instanceof Inet6Address ? "[::1]" : "127.0.0.1";
        }
        String address = NumericAddress.write(bind);
        return bind instanceof Inet6Address ? "[" + address + "]" : address;
    }

    /** One line a member, from its index. */
    static String lines(PoolConfig pool, IntFunction<String> line) {
        return IntStream.rangeClosed(1, pool.members())
                .mapToObj(line)
                .collect(Collectors.joining("\n"));
    }
}
