package io.backpool.config;

import java.net.InetAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The pool and its members. Members are numbered from 1.
 *
 * @param processes whether each member is a process
 * @param maxRequests after which a member's process is renewed; 0: never
 * @param maxAge after which a member's process is renewed; zero: never
 * @param maxMemory resident bytes, with children, at which a member's process is renewed; 0: never
 * @param advertise host of the members for httpd, as in a URL; null: the bind address
 * @param httpPort of member 1, from 1 to 65535
 * @param ajpPort of member 1, 0 for no AJP
 * @param ajpSecretFile null: {@code data/ajp-secret}, made when absent
 * @param sockets directory of the members' unix sockets, absolute; null: none
 * @param socketGroup group that may connect to them; null: the pool's own user only
 * @param tls between httpd and the members, over HTTP; null: none
 * @param drainTimeout how long a leaving member waits for its requests
 * @param stickyGrace how long before that it still takes the clients that stick to it
 * @param slowStart in which a member that has just started gets its whole share; zero: at once
 * @param ejection whether a member that is sick is given less
 * @param ioThreads null: one a core
 * @param maxThreads null: 16 a core
 */
public record PoolConfig(
        String name,
        int members,
        boolean processes,
        int maxRequests,
        Duration maxAge,
        long maxMemory,
        String routePrefix,
        InetAddress bind,
        @Nullable String advertise,
        int httpPort,
        int ajpPort,
        @Nullable Path ajpSecretFile,
        @Nullable Path sockets,
        @Nullable String socketGroup,
        @Nullable TlsConfig tls,
        Duration drainTimeout,
        Duration stickyGrace,
        Duration slowStart,
        boolean ejection,
        Blocking blocking,
        @Nullable Integer ioThreads,
        @Nullable Integer maxThreads) {

    /** Linux takes 107 bytes; a socket is bound under a name that is 4 longer. */
    private static final int MOST_SOCKET_PATH = 103;

    private static final int LEAST_PLACES = 8;
    private static final int MOST_PLACES = 100;

    /** Where handlers that block are run. */
    public enum Blocking {
        /** A bounded pool of platform threads. */
        THREADS,
        /** A virtual thread a request, Java 21 and later. */
        VIRTUAL,
        /** {@link #VIRTUAL} where Java has it, else {@link #THREADS}. */
        AUTO
    }

    /**
     * The same with another number of members.
     *
     * @param count from 1 to 100
     */
    public PoolConfig withMembers(int count) {
        return with(count, routePrefix, advertise, httpPort, ajpPort, sockets, socketGroup);
    }

    /**
     * The same on another host than httpd, so without unix sockets.
     *
     * @param host as in a URL
     * @param prefix of its routes; null: the default there
     * @throws IllegalArgumentException if one is no host or no prefix
     */
    public PoolConfig at(String host, @Nullable String prefix) {
        return at(host, prefix, members, httpPort, ajpPort);
    }

    /**
     * The same on another host than httpd, so without unix sockets, with ports of its own.
     *
     * @param host as in a URL
     * @param prefix of its routes; null: the default there
     * @param count of members, from 1 to 100
     * @throws IllegalArgumentException if one is no host or no prefix
     */
    public PoolConfig at(String host, @Nullable String prefix, int count, int http, int ajp) {
        String there = PoolKeys.ADVERTISE.type().reader().apply(host);
        String routes =
                prefix == null
                        ? RoutePrefix.of(there)
                        : PoolKeys.ROUTE_PREFIX.type().reader().apply(prefix);
        return with(count, routes, there, http, ajp, null, null);
    }

    private PoolConfig with(
            int count,
            String routes,
            @Nullable String host,
            int http,
            int ajp,
            @Nullable Path directory,
            @Nullable String group) {
        return new PoolConfig(
                name,
                count,
                processes,
                maxRequests,
                maxAge,
                maxMemory,
                routes,
                bind,
                host,
                http,
                ajp,
                ajpSecretFile,
                directory,
                group,
                tls,
                drainTimeout,
                stickyGrace,
                slowStart,
                ejection,
                blocking,
                ioThreads,
                maxThreads);
    }

    /** Whether the routes begin as they would without {@code pool.route-prefix}. */
    public boolean hasDefaultRoutePrefix() {
        return routePrefix.equals(RoutePrefix.of(advertise, bind));
    }

    /** The route of member {@code index}, such as {@code m1}. */
    public String route(int index) {
        return routePrefix + index;
    }

    /** The HTTP port of member {@code index}. */
    public int httpPort(int index) {
        return httpPort + index - 1;
    }

    /** The AJP port of member {@code index}; only where {@link #hasAjp}. */
    public int ajpPort(int index) {
        return ajpPort + index - 1;
    }

    /**
     * The host of the members for front ends, as in a URL. Where the members listen on every
     * address and nothing is advertised, the front end is taken to be on this host.
     */
    public String host() {
        return advertise != null ? advertise : NumericAddress.host(bind);
    }

    /** Where a front end that speaks {@code protocol} reaches member {@code index}. */
    public URI url(BalancerConfig.Protocol protocol, int index) {
        return URI.create(
                "%s://%s:%d"
                        .formatted(
                                protocol == BalancerConfig.Protocol.HTTP && tls != null
                                        ? "https"
                                        : protocol.scheme(),
                                host(),
                                protocol == BalancerConfig.Protocol.AJP
                                        ? ajpPort(index)
                                        : httpPort(index)));
    }

    /**
     * The unix socket of member {@code index} for {@code protocol}, on which HTTP and h2c share
     * one; null: none.
     */
    public @Nullable Path socket(BalancerConfig.Protocol protocol, int index) {
        return sockets == null
                ? null
                : sockets.resolve(
                        route(index)
                                + (protocol == BalancerConfig.Protocol.AJP
                                        ? "-ajp.sock"
                                        : ".sock"));
    }

    /**
     * Where an httpd on this host reaches member {@code index}, as BalancerMember takes it: {@code
     * unix:/run/backpool/m1.sock|http://127.0.0.1:8081} or the URL alone. The URL is the member's
     * name, and where httpd's health check connects.
     */
    public String worker(BalancerConfig.Protocol protocol, int index) {
        Path socket = socket(protocol, index);
        URI url = url(protocol, index);
        return socket == null ? url.toString() : "unix:" + socket + "|" + url;
    }

    /**
     * For how many members a front end that is joined has places, so that the pool can grow without
     * a change there.
     */
    public int places() {
        int most = Math.min(MOST_PLACES, 65_536 - httpPort);
        return Math.min(most, Math.max(LEAST_PLACES, 2 * members));
    }

    /** The route of the member, among the first {@code count}, that listens on this port. */
    public Optional<String> memberAt(int port, int count) {
        return IntStream.rangeClosed(1, count)
                .filter(index -> httpPort(index) == port || (hasAjp() && ajpPort(index) == port))
                .mapToObj(this::route)
                .findFirst();
    }

    /** Whether the pool sets the load factors of its members in httpd; else they are httpd's. */
    public boolean setsLoadFactors() {
        return ejection || !slowStart.isZero();
    }

    public boolean hasAjp() {
        return ajpPort != 0;
    }

    /** The file with the AJP secret, whether named or the default one. */
    public Path ajpSecretPath() {
        return ajpSecretFile != null ? ajpSecretFile : Path.of("data", "ajp-secret");
    }

    /** What httpd includes to learn the AJP secret; kept beside it by the pool. Absolute. */
    public Path ajpSecretConf() {
        return ajpSecretPath().toAbsolutePath().resolveSibling("ajp-secret.conf");
    }

    static PoolConfig read(Settings from) {
        InetAddress bind = from.value(PoolKeys.BIND);
        String advertise = from.valueOrNull(PoolKeys.ADVERTISE);
        String prefix = from.valueOrNull(PoolKeys.ROUTE_PREFIX);
        return new PoolConfig(
                from.value(PoolKeys.NAME),
                from.value(PoolKeys.MEMBERS),
                from.value(PoolKeys.PROCESSES),
                from.value(PoolKeys.MAX_REQUESTS),
                from.value(PoolKeys.MAX_AGE),
                from.value(PoolKeys.MAX_MEMORY),
                prefix == null ? RoutePrefix.of(advertise, bind) : prefix,
                bind,
                advertise,
                from.value(PoolKeys.HTTP_PORT),
                from.value(PoolKeys.AJP_PORT),
                from.valueOrNull(PoolKeys.AJP_SECRET_FILE),
                from.valueOrNull(PoolKeys.SOCKETS),
                from.valueOrNull(PoolKeys.SOCKET_GROUP),
                TlsConfig.read(from, TlsConfig.Use.MEMBERS),
                from.value(PoolKeys.DRAIN_TIMEOUT),
                from.value(PoolKeys.STICKY_GRACE),
                from.value(PoolKeys.SLOW_START),
                from.value(PoolKeys.EJECTION),
                from.value(PoolKeys.BLOCKING),
                from.valueOrNull(PoolKeys.IO_THREADS),
                from.valueOrNull(PoolKeys.MAX_THREADS));
    }

    /** Notes paths of sockets that are too long. */
    void checkSockets(Settings from) {
        Path longest = socket(BalancerConfig.Protocol.AJP, places());
        if (longest == null) {
            if (socketGroup != null) {
                from.mistake(PoolKeys.SOCKET_GROUP, "needs pool.sockets beside it");
            }
        } else if (longest.toString().length() > MOST_SOCKET_PATH) {
            from.mistake(
                    PoolKeys.SOCKETS,
                    "%s would have %d characters, the path of a unix socket has at most %d"
                            .formatted(longest, longest.toString().length(), MOST_SOCKET_PATH));
        }
    }
}
