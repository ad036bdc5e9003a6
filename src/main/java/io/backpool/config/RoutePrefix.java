package io.backpool.config;

import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The default of {@code pool.route-prefix}. Pools on several hosts then have different routes. */
final class RoutePrefix {
    private static final String OF_ONE_HOST = "m";
    private static final int MOST = 32;
    private static final int HASH = 6;

    private RoutePrefix() {}

    /** Of a pool whose members no other host is told of: {@code m}; else with their host. */
    static String of(@Nullable String advertise, InetAddress bind) {
        if (advertise != null) {
            return of(advertise);
        }
        return bind.isLoopbackAddress() || bind.isAnyLocalAddress()
                ? OF_ONE_HOST
                : of(NumericAddress.host(bind));
    }

    /**
     * With the host before it: {@code 10-0-0-5-m}, {@code app1-example-m}. A long name is cut, and
     * its hash keeps it apart from others that begin alike.
     *
     * @param host as in a URL
     */
    static String of(String host) {
        String name = NumericAddress.withoutBrackets(host).replaceAll("[^A-Za-z0-9]", "-");
        String end = "-" + OF_ONE_HOST;
        if (name.length() + end.length() <= MOST) {
            return name + end;
        }
        String hash =
                Sha256.hex(host.toLowerCase(Locale.ROOT).getBytes(StandardCharsets.UTF_8))
                        .substring(0, HASH);
        return name.substring(0, MOST - end.length() - HASH - 1) + "-" + hash + end;
    }
}
