package io.backpool.config;

import java.net.InetAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Every setting there is, declared in the order of {@code backend.yaml}. */
public final class Keys {
    /** Each key below, as they are declared; filled while this class is initialized only. */
    private static final List<Key<?>> DECLARED = new ArrayList<>();

    private static final ValueType<Integer> PORT = ValueType.integer(1, 65_535);
    private static final ValueType<Integer> PORT_OR_NONE = ValueType.integer(0, 65_535);
    private static final ValueType<Duration> UP_TO_AN_HOUR =
            ValueType.duration(Duration.ofSeconds(1), Duration.ofHours(1));

    static final Key<String> POOL_NAME =
            key("pool.name", ValueType.SAFE_NAME, "app", "httpd's name of it: balancer://NAME.");
    static final Key<Integer> MEMBERS =
            key("pool.members", ValueType.integer(1, 100), "2", "Number of members.");
    static final Key<Boolean> PROCESSES =
            key(
                    "pool.processes",
                    ValueType.BOOLEAN,
                    "false",
                    "Whether each member is a process of its own, supervised.");
    static final Key<Integer> MAX_REQUESTS =
            key(
                    "pool.max-requests",
                    ValueType.integer(0, 1_000_000_000),
                    "0",
                    "A member's process is renewed after about so many requests, health checks"
                            + " apart; 0: never.");
    static final Key<Duration> MAX_AGE =
            key(
                    "pool.max-age",
                    ValueType.duration(Duration.ZERO, Duration.ofDays(365)),
                    "0s",
                    "A member's process is renewed after about this time; 0s: never.");
    static final Key<Long> MAX_MEMORY =
            key(
                    "pool.max-memory",
                    ValueType.size("0", "1024g"),
                    "0",
                    "A member's process is renewed when it has so much resident memory, with its"
                            + " children's; 0: never.");
    static final Key<String> ROUTE_PREFIX =
            key("pool.route-prefix", ValueType.SAFE_NAME, "m", "Member k has the route PREFIXk.");
    static final Key<InetAddress> BIND =
            key("pool.bind", ValueType.ADDRESS, "127.0.0.1", "Address that members listen on.");
    static final Key<String> ADVERTISE =
            key(
                    "pool.advertise",
                    ValueType.HOST,
                    null,
                    "Host of the members in httpd's balancer; absent: pool.bind.");
    static final Key<Integer> HTTP_PORT =
            key("pool.http-port", PORT, "8081", "Member k listens for HTTP on this + k - 1.");
    static final Key<Integer> AJP_PORT =
            key(
                    "pool.ajp-port",
                    PORT_OR_NONE,
                    "8009",
                    "Member k listens for AJP on this + k - 1; 0: no AJP.");
    static final Key<Path> AJP_SECRET_FILE =
            key(
                    "pool.ajp-secret-file",
                    ValueType.PATH,
                    null,
                    "File with the AJP secret; absent: one is made in data/ajp-secret.");
    static final Key<Path> SOCKETS =
            key(
                    "pool.sockets",
                    ValueType.SOCKETS,
                    null,
                    "Directory of unix sockets for an httpd on this host, beside the ports; absent:"
                            + " none.");
    static final Key<String> SOCKET_GROUP =
            key(
                    "pool.socket-group",
                    ValueType.SAFE_NAME,
                    null,
                    "Group that may connect to them, httpd's; absent: the pool's user only.");
    static final Key<Duration> DRAIN_TIMEOUT =
            key(
                    "pool.drain-timeout",
                    UP_TO_AN_HOUR,
                    "30s",
                    "How long a leaving member waits for its requests.");
    static final Key<Duration> STICKY_GRACE =
            key(
                    "pool.sticky-grace",
                    ValueType.duration(Duration.ZERO, Duration.ofHours(1)),
                    "3s",
                    "How long a leaving member still takes the clients that stick to it.");
    static final Key<PoolConfig.Blocking> BLOCKING =
            key(
                    "pool.blocking",
                    ValueType.choice(PoolConfig.Blocking.class),
                    "auto",
                    "Where blocking handlers run; auto: virtual threads where Java has them.");
    static final Key<Integer> IO_THREADS =
            key(
                    "pool.io-threads",
                    ValueType.integer(1, 256),
                    null,
                    "Event loops of the process; absent: one a core.");
    static final Key<Integer> MAX_THREADS =
            key(
                    "pool.max-threads",
                    ValueType.integer(1, 10_000),
                    null,
                    "Threads for blocking handlers; absent: 16 a core.");

    static final Key<List<String>> BALANCERS =
            key(
                    "balancers",
                    ValueType.BALANCERS,
                    null,
                    "The httpd front ends; absent: httpd is left alone.");
    static final Key<URI> BALANCER_MANAGER =
            key("balancers.manager", ValueType.MANAGER_URL, null, "httpd's balancer-manager.");
    static final Key<String> BALANCER_NAME =
            key("balancers.name", ValueType.SAFE_NAME, null, "balancer://NAME; absent: pool.name.");
    static final Key<BalancerConfig.Protocol> BALANCER_PROTOCOL =
            key(
                    "balancers.protocol",
                    ValueType.choice(BalancerConfig.Protocol.class),
                    "http",
                    "What this httpd speaks with members.");
    static final Key<BalancerConfig.Membership> BALANCER_MEMBERSHIP =
            key(
                    "balancers.membership",
                    ValueType.choice(BalancerConfig.Membership.class),
                    "static",
                    "static: httpd declares the members; join: the pool takes or adds places.");
    static final Key<String> BALANCER_USER =
            key("balancers.user", ValueType.TEXT, null, "For basic authentication.");
    static final Key<Path> BALANCER_PASSWORD_FILE =
            key(
                    "balancers.password-file",
                    ValueType.PATH,
                    null,
                    "File with the user's password, not readable by others.");

    static final Key<List<TrustedPeer>> TRUSTED_PROXIES =
            key(
                    "trusted-proxies",
                    ValueType.listOf(ValueType.TRUSTED_PEER),
                    "127.0.0.0/8,::1/128,unix",
                    "Peers whose word about the client is believed, over HTTP; unix: who may"
                            + " connect to pool.sockets.");
    static final Key<TrustConfig.Forwarded> FORWARDED_HEADER =
            key(
                    "forwarded-header",
                    ValueType.choice(TrustConfig.Forwarded.class),
                    "x-forwarded",
                    "The forwarding headers that they write; the other family is ignored.");

    static final Key<String> IDENTITY_USER_HEADER =
            key(
                    "identity.user-header",
                    ValueType.IDENTITY_HEADER,
                    null,
                    "Header in which trusted proxies name the user, over HTTP; absent: none.");
    static final Key<List<String>> IDENTITY_ATTRIBUTES =
            key(
                    "identity.attributes",
                    ValueType.listOf(ValueType.ATTRIBUTE),
                    null,
                    "What else httpd says of the user, by name: mail,groups; absent: nothing.");
    static final Key<URI> PUBLIC_URL =
            key(
                    "public-url",
                    ValueType.PUBLIC_URL,
                    null,
                    "Scheme, host and port as all clients see them; absent: as each request says.");

    static final Key<Long> HEADER_SIZE =
            key(
                    "limits.header-size",
                    ValueType.size("8k", "64k"),
                    "64k",
                    "Largest request or response head, AJP packet and buffer.");
    static final Key<Long> BODY_SIZE =
            key("limits.body-size", ValueType.size("1", "2g"), "16m", "Largest request body.");
    static final Key<Duration> HEADER_TIMEOUT =
            key(
                    "limits.header-timeout",
                    UP_TO_AN_HOUR,
                    "10s",
                    "Time for a whole request head or AJP packet.");
    static final Key<Duration> BODY_TIMEOUT =
            key(
                    "limits.body-timeout",
                    UP_TO_AN_HOUR,
                    "30s",
                    "Longest silence within a request body.");
    static final Key<Duration> IDLE_TIMEOUT =
            key(
                    "limits.idle-timeout",
                    ValueType.duration(Duration.ofSeconds(4), Duration.ofDays(1)),
                    "75s",
                    "An idle connection is closed after this; httpd's ttl is kept below it.");
    static final Key<Duration> REQUEST_TIMEOUT =
            key(
                    "limits.request-timeout",
                    UP_TO_AN_HOUR,
                    "60s",
                    "Longest silence of the application: 503, or the answer is cut.");
    static final Key<Duration> WRITE_TIMEOUT =
            key(
                    "limits.write-timeout",
                    UP_TO_AN_HOUR,
                    "60s",
                    "Longest time in which a client reads nothing of its answer.");
    static final Key<Integer> CONNECTIONS =
            key(
                    "limits.connections",
                    ValueType.integer(1, 1_000_000),
                    "20000",
                    "Connections of one listener; the next ones wait to be accepted.");

    static final Key<Concurrency> CONCURRENCY =
            key(
                    "limits.concurrency",
                    ValueType.CONCURRENCY,
                    "adaptive",
                    "Requests of a process that do blocking work at once; adaptive: as many as"
                            + " begin in time.");
    static final Key<Duration> QUEUE_WAIT =
            key(
                    "limits.queue-wait",
                    ValueType.duration(Duration.ofMillis(10), Duration.ofMinutes(1)),
                    "100ms",
                    "A request for blocking work that would wait longer for its turn gets 503.");
    static final Key<Integer> QUEUE =
            key(
                    "limits.queue",
                    ValueType.integer(0, 100_000),
                    "10000",
                    "Requests that wait for their turn at once; the next ones get 503.");

    private static final String REDIS = "rediss?(\\+cluster|-sentinel)?://.+";

    /** What {@code RedisLink} reads. */
    private static final String REDIS_FORMS =
            "redis://HOST:PORT/DATABASE, redis+cluster://HOST:PORT,HOST:PORT or"
                    + " redis-sentinel://HOST:PORT,HOST:PORT/DATABASE#MASTER (rediss: with TLS)";

    static final Key<ServiceUrl> SESSION_URL =
            key(
                    "sessions.url",
                    ValueType.url("memory:|" + REDIS, "memory: or " + REDIS_FORMS),
                    "memory:",
                    "Where sessions are: memory: or redis://HOST:PORT/DATABASE.");
    static final Key<String> SESSION_NAME =
            key(
                    "sessions.name",
                    ValueType.SAFE_NAME,
                    null,
                    "In each key of Redis; absent: pool.name. The same in two pools: they share"
                            + " sessions.");
    static final Key<String> SESSION_COOKIE =
            key(
                    "sessions.cookie",
                    ValueType.SAFE_NAME,
                    "JSESSIONID",
                    "Name of the session cookie; httpd's stickysession.");
    static final Key<Duration> SESSION_TIMEOUT =
            key(
                    "sessions.timeout",
                    ValueType.duration(Duration.ofSeconds(1), Duration.ofDays(30)),
                    "30m",
                    "A session that is not used is gone after this.");

    static final Key<ServiceUrl> CACHE_URL =
            key(
                    "cache.url",
                    ValueType.url(
                            "memory:|memcached://[^/@?#:]+(:\\d{1,5})?|" + REDIS,
                            "memory:, memcached://HOST:PORT, " + REDIS_FORMS),
                    "memory:",
                    "The cache: memory:, redis://HOST:PORT/DATABASE or memcached://HOST:PORT.");
    static final Key<String> CACHE_NAME =
            key(
                    "cache.name",
                    ValueType.SAFE_NAME,
                    null,
                    "In each key of the engine; absent: pool.name. The same in two pools: they"
                            + " share entries.");
    static final Key<ServiceUrl> QUEUE_URL =
            key(
                    "queue.url",
                    ValueType.url(
                            "sqlite:[^/].*|sqlite:/[^/].*|amqps?://.+|kafkas?://.+",
                            "sqlite:FILE, amqp://USER:PASSWORD@HOST:PORT/VHOST or"
                                    + " kafka://USER:PASSWORD@HOST:PORT,HOST:PORT"
                                    + " (amqps:// and kafkas:// with TLS)"),
                    "sqlite:data/queue.db",
                    "The queue: sqlite:FILE, amqp://USER:PASSWORD@HOST:PORT/VHOST or"
                            + " kafka://HOST:PORT,HOST:PORT; amqps:// and kafkas:// with TLS.");
    static final Key<String> QUEUE_NAME =
            key(
                    "queue.name",
                    ValueType.SAFE_NAME,
                    null,
                    "Name of its tables, queues, topics; pools with the same one share messages;"
                            + " absent: pool.name.");
    static final Key<Duration> QUEUE_KEEP_DONE =
            key(
                    "queue.keep-done",
                    ValueType.duration(Duration.ofMinutes(1), Duration.ofDays(30)),
                    "24h",
                    "How long the state of a done message can be asked for; its body goes at"
                            + " once.");
    static final Key<ServiceUrl> DATABASE_URL =
            key(
                    "database.url",
                    ValueType.url(
                            "jdbc:sqlite:[^?].*|jdbc:postgresql://[^@]+(\\?.*)?",
                            "jdbc:sqlite:FILE or"
                                + " jdbc:postgresql://HOST:PORT/DATABASE?user=USER&password=PASSWORD"),
                    "jdbc:sqlite:data/app.db",
                    "The database: jdbc:sqlite:FILE or"
                            + " jdbc:postgresql://HOST:PORT/DATABASE?user=USER&password=PASSWORD.");

    static final Key<Path> APP_JAR =
            key("app.jar", ValueType.PATH, null, "Application's jar; absent: the showcase.");
    static final Key<String> APP_CLASS =
            key(
                    "app.class",
                    ValueType.TEXT,
                    null,
                    "Application's class; absent: the one that the jar names.");
    static final Key<Path> APP_CONFIG =
            key(
                    "app.config",
                    ValueType.PATH,
                    null,
                    "The application's own settings: a section of any YAML here, or a YAML file.");

    static final Key<List<String>> APP_COMMAND =
            key(
                    "app.command",
                    ValueType.WORDS,
                    null,
                    "Any program as member, without a shell; {port} {ajp-port} {ajp-secret-file}"
                            + " {route} {member} {socket} {data} stand for the member's own.");
    static final Key<Path> APP_DIRECTORY =
            key(
                    "app.directory",
                    ValueType.PATH,
                    ".",
                    "Where the program runs; a symbolic link is followed when a version is"
                            + " taken.");
    static final Key<ProgramConfig.Protocol> APP_PROTOCOL =
            key(
                    "app.protocol",
                    ValueType.choice(ProgramConfig.Protocol.class),
                    "http",
                    "What the program listens for, on {port} or {ajp-port}.");
    static final Key<String> APP_HEALTH =
            key(
                    "app.health",
                    ValueType.HEALTH,
                    "tcp",
                    "Path that answers 2xx while the program is well, or tcp: it accepts"
                            + " connections (AJP: it answers CPING).");
    static final Key<Duration> APP_HEALTH_INTERVAL =
            key(
                    "app.health-interval",
                    ValueType.duration(Duration.ofMillis(100), Duration.ofSeconds(5)),
                    "1s",
                    "Time between two health checks, httpd's too.");
    static final Key<Duration> APP_HEALTH_TIMEOUT =
            key(
                    "app.health-timeout",
                    ValueType.duration(Duration.ofMillis(100), Duration.ofSeconds(4)),
                    "3s",
                    "Longest time for an answer.");
    static final Key<Integer> APP_HEALTH_FAILURES =
            key(
                    "app.health-failures",
                    ValueType.integer(1, 100),
                    "3",
                    "A program is replaced after so many failed checks in a row.");
    static final Key<Duration> APP_START_TIMEOUT =
            key(
                    "app.start-timeout",
                    UP_TO_AN_HOUR,
                    "60s",
                    "How long a start may take until the program listens and is well.");
    static final Key<String> APP_STOP_SIGNAL =
            key(
                    "app.stop-signal",
                    ValueType.SIGNAL,
                    "TERM",
                    "Asks the drained program to end; KILL follows after pool.drain-timeout.");
    static final Key<Duration> APP_KEEP_ALIVE =
            key(
                    "app.keep-alive",
                    ValueType.duration(Duration.ofSeconds(2), Duration.ofHours(1)),
                    "5s",
                    "The program closes an idle connection after this; httpd's ttl is kept below"
                            + " it.");
    static final Key<List<String>> APP_ENVIRONMENT =
            key(
                    "app.environment",
                    ValueType.VARIABLES,
                    null,
                    "Variables of the program's environment; in the file a section of NAME: value"
                            + " lines.");
    static final Key<Path> APP_ENVIRONMENT_FILE =
            key(
                    "app.environment-file",
                    ValueType.PATH,
                    null,
                    "File with NAME=value lines for the same, not readable by others: secrets.");
    static final Key<List<String>> APP_WATCH =
            key(
                    "app.watch",
                    ValueType.WORDS,
                    null,
                    "Files and folders, in app.directory, whose content names the version.");
    static final Key<String> APP_METRICS =
            key(
                    "app.metrics",
                    ValueType.URL_PATH,
                    null,
                    "Path of the program's own metrics for Prometheus, shown in /targets.");
    static final Key<String> APP_STICKY_COOKIE =
            key(
                    "app.sticky-cookie",
                    ValueType.SAFE_NAME,
                    null,
                    "Cookie by which httpd sends a client to the member that it was with; absent:"
                            + " to any.");
    static final Key<ProgramConfig.StickyRoute> APP_STICKY_ROUTE =
            key(
                    "app.sticky-route",
                    ValueType.choice(ProgramConfig.StickyRoute.class),
                    "program",
                    "Who ends the cookie in .ROUTE: the program, or httpd, which then sets the"
                            + " cookie.");

    static final Key<AccessLogConfig.Format> ACCESS_LOG_FORMAT =
            key(
                    "access-log.format",
                    ValueType.choice(AccessLogConfig.Format.class),
                    "combined",
                    "A line a request: as httpd writes it, or JSON in ECS names.");
    static final Key<Path> ACCESS_LOG_FILE =
            key(
                    "access-log.file",
                    ValueType.PATH,
                    "-",
                    "Appended to, opened again at USR1; -: standard output.");

    static final Key<LogConfig.Format> LOG_FORMAT =
            key(
                    "log.format",
                    ValueType.choice(LogConfig.Format.class),
                    "pattern",
                    "What happens, on standard error: for people, or JSON in ECS names.");

    static final Key<InetAddress> ADMIN_BIND =
            key("admin.bind", ValueType.ADDRESS, "127.0.0.1", "Address of the admin listener.");
    static final Key<Integer> ADMIN_PORT =
            key("admin.port", PORT, "9990", "Port of the admin listener.");
    static final Key<Path> ADMIN_TOKEN_FILE =
            key(
                    "admin.token-file",
                    ValueType.PATH,
                    null,
                    "File with the token that changes need; absent: none, on loopback only.");

    private static final String OF_BALANCERS = BALANCERS.name() + ".";

    /** In the order of {@code backend.yaml}. */
    public static final List<Key<?>> ALL =
            DECLARED.stream().filter(key -> !key.name().startsWith(OF_BALANCERS)).toList();

    /** What each element of {@link #BALANCERS} may say. */
    public static final List<Key<?>> OF_A_BALANCER =
            DECLARED.stream().filter(key -> key.name().startsWith(OF_BALANCERS)).toList();

    /** Of the section {@code pool}: what each member may have its own value of for a while. */
    private static final Set<Key<?>> OF_A_MEMBER =
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

    private static final List<String> POOL_WIDE =
            List.of("pool.", "balancers", "admin.", "log.", "app.protocol");

    private Keys() {}

    /** Whether all members, the process that keeps them and httpd must agree on this setting. */
    static boolean isPoolWide(String name) {
        return POOL_WIDE.stream().anyMatch(name::startsWith)
                && OF_A_MEMBER.stream().noneMatch(key -> key.name().equals(name));
    }

    /** The text that counts, said or by default. */
    static @Nullable String effective(String name, @Nullable Setting said) {
        return said != null ? said.text() : key(name).map(Key::defaultText).orElse(null);
    }

    /** What the text means: {@code 60s} and {@code 1m} are the same. */
    static Object means(String name, @Nullable String text) {
        if (text == null) {
            return "";
        }
        try {
            return key(name).<Object>map(key -> key.type().reader().apply(text)).orElse(text);
        } catch (IllegalArgumentException e) {
            return text;
        }
    }

    /** By its name, which may be that of one element: {@code balancers[0].name}. */
    private static Optional<Key<?>> key(String name) {
        String general = name.replaceFirst("\\[\\d+]", "");
        return DECLARED.stream().filter(key -> key.name().equals(general)).findFirst();
    }

    private static <T> Key<T> key(
            String name, ValueType<T> type, @Nullable String defaultText, String help) {
        var key = new Key<>(name, type, defaultText, help);
        DECLARED.add(key);
        return key;
    }
}
