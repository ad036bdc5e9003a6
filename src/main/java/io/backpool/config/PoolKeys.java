package io.backpool.config;

import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/** The keys of {@link PoolConfig}. */
final class PoolKeys {
    private static final Pattern SOCKETS_PATH = Pattern.compile("/[A-Za-z0-9._+@/-]+");

    /** The last label is no number: 10.0.0.256 is a mistake. */
    private static final Pattern HOST_NAME =
            Pattern.compile("(?=.{1,253}$)(?:[A-Za-z0-9-]{1,63}\\.)*(?!\\d+$)[A-Za-z0-9-]{1,63}");

    /** As in a URL, an IPv6 address in brackets. */
    private static final ValueType<String> HOST =
            new ValueType<>(
                    "HOST",
                    "a host name or an IP address such as 10.0.0.5, not every address",
                    PoolKeys::readHost);

    /** httpd takes it in a URL, up to a {@code |}. */
    private static final ValueType<Path> SOCKETS_TYPE =
            new ValueType<>(
                    "DIRECTORY",
                    "a path from the root, of letters, digits and any of . _ + @ -",
                    text -> Path.of(ValueType.matching(SOCKETS_PATH, text).group()).normalize());

    static final KeyList KEYS = new KeyList();

    static final Key<String> NAME =
            KEYS.add(
                    "pool.name",
                    ValueType.SAFE_NAME,
                    "app",
                    "httpd's name of it: balancer://NAME.");
    static final Key<Integer> MEMBERS =
            KEYS.add("pool.members", ValueType.integer(1, 100), "2", "Number of members.");
    static final Key<Boolean> PROCESSES =
            KEYS.add(
                    "pool.processes",
                    ValueType.BOOLEAN,
                    "false",
                    "Whether each member is a process of its own, supervised.");
    static final Key<Integer> MAX_REQUESTS =
            KEYS.add(
                    "pool.max-requests",
                    ValueType.integer(0, 1_000_000_000),
                    "0",
                    "A member's process is renewed after about so many requests, health checks"
                            + " apart; 0: never.");
    static final Key<Duration> MAX_AGE =
            KEYS.add(
                    "pool.max-age",
                    ValueType.duration(Duration.ZERO, Duration.ofDays(365)),
                    "0s",
                    "A member's process is renewed after about this time; 0s: never.");
    static final Key<Long> MAX_MEMORY =
            KEYS.add(
                    "pool.max-memory",
                    ValueType.size("0", "1024g"),
                    "0",
                    "A member's process is renewed when it has so much resident memory, with its"
                            + " children's; 0: never.");
    static final Key<String> ROUTE_PREFIX =
            KEYS.add(
                    "pool.route-prefix",
                    ValueType.SAFE_NAME,
                    null,
                    "Member k has the route PREFIXk; absent: m, on an address that other hosts"
                            + " reach with that before it, such as 10-0-0-5-m.");
    static final Key<InetAddress> BIND =
            KEYS.add(
                    "pool.bind", ValueType.ADDRESS, "127.0.0.1", "Address that members listen on.");
    static final Key<String> ADVERTISE =
            KEYS.add(
                    "pool.advertise",
                    HOST,
                    null,
                    "Host of the members in httpd's balancer; absent: pool.bind.");
    static final Key<Integer> HTTP_PORT =
            KEYS.add(
                    "pool.http-port",
                    ValueType.PORT,
                    "8081",
                    "Member k listens for HTTP on this + k - 1.");
    static final Key<Integer> AJP_PORT =
            KEYS.add(
                    "pool.ajp-port",
                    ValueType.integer(0, 65_535),
                    "8009",
                    "Member k listens for AJP on this + k - 1; 0: no AJP.");
    static final Key<Path> AJP_SECRET_FILE =
            KEYS.add(
                    "pool.ajp-secret-file",
                    ValueType.PATH,
                    null,
                    "File with the AJP secret; absent: one is made in data/ajp-secret.");
    static final Key<Path> SOCKETS =
            KEYS.add(
                    "pool.sockets",
                    SOCKETS_TYPE,
                    null,
                    "Directory of unix sockets for an httpd on this host, beside the ports; absent:"
                            + " none.");
    static final Key<String> SOCKET_GROUP =
            KEYS.add(
                    "pool.socket-group",
                    ValueType.SAFE_NAME,
                    null,
                    "Group that may connect to them, httpd's; absent: the pool's user only.");
    static final Key<Duration> DRAIN_TIMEOUT =
            KEYS.add(
                    "pool.drain-timeout",
                    ValueType.UP_TO_AN_HOUR,
                    "30s",
                    "How long a leaving member waits for its requests.");
    static final Key<Duration> STICKY_GRACE =
            KEYS.add(
                    "pool.sticky-grace",
                    ValueType.duration(Duration.ZERO, Duration.ofHours(1)),
                    "3s",
                    "How long a leaving member still takes the clients that stick to it.");
    static final Key<Duration> SLOW_START =
            KEYS.add(
                    "pool.slow-start",
                    ValueType.duration(Duration.ZERO, Duration.ofHours(1)),
                    "30s",
                    "Time in which a member that has just started comes from a tenth of its share"
                            + " of new clients to the whole; 0s: at once.");
    static final Key<Boolean> EJECTION =
            KEYS.add(
                    "pool.ejection",
                    ValueType.BOOLEAN,
                    "true",
                    "Whether a member that fails, or is slow, while the others are well gets about"
                            + " a hundredth of its share.");
    static final Key<PoolConfig.Blocking> BLOCKING =
            KEYS.add(
                    "pool.blocking",
                    ValueType.choice(PoolConfig.Blocking.class),
                    "auto",
                    "Where blocking handlers run; auto: virtual threads where Java has them.");
    static final Key<Integer> IO_THREADS =
            KEYS.add(
                    "pool.io-threads",
                    ValueType.integer(1, 256),
                    null,
                    "Event loops of the process; absent: one a core.");
    static final Key<Integer> MAX_THREADS =
            KEYS.add(
                    "pool.max-threads",
                    ValueType.integer(1, 10_000),
                    null,
                    "Threads for blocking handlers; absent: 16 a core.");

    /** What each member may have its own value of for a while. */
    static final Set<Key<?>> OF_A_MEMBER =
            Set.of(
                    MEMBERS,
                    MAX_REQUESTS,
                    MAX_AGE,
                    MAX_MEMORY,
                    AJP_SECRET_FILE,
                    DRAIN_TIMEOUT,
                    BLOCKING,
                    IO_THREADS,
                    MAX_THREADS);

    private PoolKeys() {}

    private static String readHost(String text) {
        InetAddress address = NumericAddress.parse(text.replaceAll("^\\[(.*:.*)]$", "$1"));
        if (address != null) {
            ValueType.require(!address.isAnyLocalAddress());
            return NumericAddress.host(address);
        }
        return ValueType.matching(HOST_NAME, text).group().toLowerCase(Locale.ROOT);
    }
}
