package io.backpool.proxyconf;

import io.backpool.config.Config;
import io.backpool.config.LimitsConfig;
import io.backpool.config.PoolConfig;
import io.backpool.config.ProgramConfig;
import java.time.Duration;
import java.util.List;
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

    /** httpd takes no more. */
    private static final int MOST_GROWTH = 100;

    private static final int GROWTH_BITS = 5;

    private Link() {}

    /**
     * Seconds after which the front end lets an idle connection go. Half the members' own idle
     * timeout, so that the member is never the one who closes: a request that meets a close on its
     * way is lost. More than 30 s would gain nothing.
     */
    public static long ttl(Config config) {
        ProgramConfig program = config.app().program();
        Duration idle = program == null ? config.limits().idleTimeout() : program.keepAlive();
        return Math.min(MOST_TTL, idle.toSeconds() / 2);
    }

    /**
     * Places that are not declared, for two other sets of ports. The number also follows from those
     * that are declared: httpd keeps what it knew of its places over a reload only while there are
     * as many as before, and a line that was changed shall have its effect.
     */
    static int growth(List<PoolConfig> pools, String declared) {
        int places = pools.stream().mapToInt(PoolConfig::places).sum();
        return Math.min(MOST_GROWTH - (1 << GROWTH_BITS), 2 * places)
                + ((declared.hashCode() * 0x9E3779B9) >>> (32 - GROWTH_BITS));
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

    /** One line a member, from its index. */
    static String lines(PoolConfig pool, IntFunction<String> line) {
        return lines(1, pool.members(), line);
    }

    static String lines(int first, int last, IntFunction<String> line) {
        return IntStream.rangeClosed(first, last).mapToObj(line).collect(Collectors.joining("\n"));
    }
}
