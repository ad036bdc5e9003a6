package io.backpool.proxyconf;

import io.backpool.config.BalancerConfig;
import io.backpool.config.Config;
import io.backpool.config.PoolConfig;
import io.backpool.config.ServiceUrl;
import io.backpool.config.TlsConfig;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A unit that runs a pool as a service of systemd. A pure function of the settings. */
public final class SystemdUnit {
    /** What a pool has open beside its connections: jars, databases, threads' selectors. */
    private static final int OWN_FILES = 4096;

    /** The kernel's fs.nr_open by default. */
    private static final long MOST_FILES = 1 << 20;

    /** A member that leaves and one that comes, beside what settings say. */
    private static final int STEP_SECONDS = 60;

    private static final int FIRST_PRIVATE_PORT = 1024;
    private static final Pattern HOME = Pattern.compile("(^|=)/(home|root|run/user)/");
    private static final Pattern PLAIN = Pattern.compile("[\\w@+=:,./%$-]+");

    private SystemdUnit() {}

    /**
     * @param serve the command that runs the pool, all of its paths absolute
     * @param restart the command that restarts its processes
     */
    public static String render(Config config, List<String> serve, List<String> restart) {
        PoolConfig pool = config.pool();
        long drain = Link.seconds(pool.drainTimeout());
        long roll =
                2 * STEP_SECONDS
                        + pool.members()
                                * (drain + Link.seconds(pool.stickyGrace()) + STEP_SECONDS);
        return Template.fill(
                TEMPLATE,
                Map.ofEntries(
                        Map.entry("name", pool.name()),
                        Map.entry("serve", words(serve)),
                        Map.entry("reload", pool.processes() ? "ExecReload=" + words(restart) : ""),
                        Map.entry("start", roll),
                        Map.entry("stop", drain + STEP_SECONDS),
                        Map.entry("files", openFiles(config)),
                        Map.entry("home", home(config, serve) ? "read-only" : "yes"),
                        Map.entry("writable", writable(config)),
                        Map.entry("sockets", sockets(pool)),
                        Map.entry("capabilities", capabilities(config))));
    }

    /** Settings that name a file by a path from the directory that this runs in, for people. */
    public static List<String> relative(Config config) {
        return files(config).entrySet().stream()
                .filter(file -> !file.getValue().isAbsolute())
                .map(file -> file.getKey() + ": " + file.getValue())
                .sorted()
                .toList();
    }

    /** What the service reads, by key. */
    private static Map<String, Path> files(Config config) {
        TlsConfig tls = config.pool().tls();
        TlsConfig adminTls = config.admin().tls();
        Stream<Map.Entry<String, @Nullable Path>> passwords =
                config.balancers().stream()
                        .map(BalancerConfig::passwordFile)
                        .map(file -> file("balancers.password-file", file));
        return Stream.concat(
                        passwords,
                        Stream.of(
                                file("app.jar", config.app().jar()),
                                file("admin.token-file", config.admin().tokenFile()),
                                file(
                                        "admin.tls.certificate",
                                        adminTls == null ? null : adminTls.certificate()),
                                file("admin.tls.key", adminTls == null ? null : adminTls.key()),
                                file("pool.ajp-secret-file", config.pool().ajpSecretFile()),
                                file(
                                        "pool.tls.certificate",
                                        tls == null ? null : tls.certificate()),
                                file("pool.tls.key", tls == null ? null : tls.key()),
                                file("pool.tls.client-ca", tls == null ? null : tls.clientCa())))
                .filter(file -> file.getValue() != null)
                .collect(
                        Collectors.toMap(
                                Map.Entry::getKey,
                                file -> Objects.requireNonNull(file.getValue()),
                                (one, other) -> one.isAbsolute() ? other : one));
    }

    private static Map.Entry<String, @Nullable Path> file(String key, @Nullable Path path) {
        return new java.util.AbstractMap.SimpleEntry<>(key, path);
    }

    private static long openFiles(Config config) {
        PoolConfig pool = config.pool();
        long listeners =
                (pool.hasAjp() ? 2L : 1L)
                        * (pool.sockets() == null ? 1 : 2)
                        * (pool.processes() ? 1 : pool.members());
        return Math.min(MOST_FILES, OWN_FILES + listeners * config.limits().connections());
    }

    private static boolean home(Config config, List<String> command) {
        return Stream.concat(command.stream(), files(config).values().stream().map(Path::toString))
                .anyMatch(word -> HOME.matcher(word).find());
    }

    /** The directory of the sockets under /run, and the group that they are given to. */
    private static String sockets(PoolConfig pool) {
        Path directory = pool.sockets();
        if (directory == null) {
            return "";
        }
        String made =
                directory.startsWith("/run") && directory.getNameCount() > 1
                        ? "# httpd must be able to search it; the sockets in it have rights of"
                                + " their own.\n"
                                + "RuntimeDirectory="
                                + Path.of("/run").relativize(directory)
                                + "\nRuntimeDirectoryMode=0755"
                        : "ReadWritePaths=" + directory;
        return pool.socketGroup() == null
                ? made
                : made + "\nSupplementaryGroups=" + pool.socketGroup();
    }

    /** Folders beyond the service's own that it writes to. */
    private static String writable(Config config) {
        return Stream.of(
                        config.accessLog().file(),
                        config.pool().ajpSecretPath(),
                        sqlite(config.services().queue().url()),
                        sqlite(config.services().database()))
                .filter(Path::isAbsolute)
                .map(Path::getParent)
                .distinct()
                .map(folder -> "ReadWritePaths=-" + word(String.valueOf(folder), false))
                .collect(Collectors.joining("\n"));
    }

    /** The file of an embedded engine; a relative path where there is none. */
    private static Path sqlite(ServiceUrl url) {
        return url.scheme().endsWith("sqlite")
                ? Path.of(url.withoutScheme().split("\\?", 2)[0])
                : Path.of("");
    }

    private static String capabilities(Config config) {
        PoolConfig pool = config.pool();
        boolean privileged =
                IntStream.of(
                                pool.httpPort(),
                                pool.hasAjp() ? pool.ajpPort() : FIRST_PRIVATE_PORT,
                                config.admin().port())
                        .anyMatch(port -> port < FIRST_PRIVATE_PORT);
        return privileged
                ? "AmbientCapabilities=CAP_NET_BIND_SERVICE\n"
                        + "CapabilityBoundingSet=CAP_NET_BIND_SERVICE"
                : "CapabilityBoundingSet=";
    }

    private static String words(List<String> command) {
        return command.stream().map(word -> word(word, true)).collect(Collectors.joining(" "));
    }

    /** As systemd reads it back: systemd.syntax(7), and {@code $} in a command line. */
    private static String word(String text, boolean ofCommand) {
        String escaped = text.replace("%", "%%");
        if (ofCommand) {
            escaped = escaped.replace("$", "$$");
        }
        return PLAIN.matcher(text).matches()
                ? escaped
                : '"' + escaped.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }

    private static final String TEMPLATE =
            """
            # The pool @name@ as a service of systemd 247 and later: save it as
            # /etc/systemd/system/backpool.service (or another name), and
            # "systemctl daemon-reload; systemctl enable --now backpool" starts it.
            # Printed by "java -jar backend.jar conf systemd" from the pool's settings: print it again
            # when those change, rather than editing it here.
            # It runs as the user that is called like this file: one of your own if there is one, else
            # one that systemd makes up. That user must be able to read what is named below. Relative
            # paths in settings lead to /var/lib/backpool.
            [Unit]
            Description=Backpool, balancer://@name@
            Wants=network-online.target
            After=network-online.target

            [Service]
            # Ready when every member serves. WATCHDOG=1 is sent while no event loop is blocked, or with
            # processes while the supervisor watches them; else Java prints where its threads are
            # (SIGQUIT), and is ended and started again.
            Type=notify
            NotifyAccess=all
            WatchdogSec=30s
            WatchdogSignal=SIGQUIT
            TimeoutAbortSec=5s
            # Where there is such a file: BACKPOOL_ variables, or JAVA_TOOL_OPTIONS. "restart" reads it, too.
            EnvironmentFile=-/etc/default/%N
            # Names of files may have any letters.
            Environment=LC_ALL=C.UTF-8
            ExecStart=@serve@
            @reload@
            SyslogIdentifier=%N

            # Not again what can't succeed: 2 is wrong usage, 78 a mistake in the configuration. 143
            # is what ends after SIGTERM and the last request.
            Restart=on-failure
            RestartSec=2s
            RestartPreventExitStatus=2 78
            SuccessExitStatus=143
            # The pool ends its processes itself, after pool.drain-timeout at most.
            KillMode=mixed
            TimeoutStartSec=@start@s
            TimeoutStopSec=@stop@s
            # The pool replaces a process that the kernel killed.
            OOMPolicy=continue

            # /var/lib, /var/cache and /var/log/backpool, if this file is called so.
            DynamicUser=yes
            StateDirectory=%N
            CacheDirectory=%N
            LogsDirectory=%N
            WorkingDirectory=%S/%N
            @sockets@
            UMask=0027
            # limits.connections
            LimitNOFILE=@files@

            # Java compiles while it runs: no MemoryDenyWriteExecute.
            NoNewPrivileges=yes
            @capabilities@
            ProtectSystem=strict
            @writable@
            ProtectHome=@home@
            PrivateTmp=yes
            PrivateDevices=yes
            ProtectProc=invisible
            ProtectClock=yes
            ProtectHostname=yes
            ProtectControlGroups=yes
            ProtectKernelLogs=yes
            ProtectKernelModules=yes
            ProtectKernelTunables=yes
            RemoveIPC=yes
            RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
            RestrictNamespaces=yes
            RestrictRealtime=yes
            RestrictSUIDSGID=yes
            LockPersonality=yes
            SystemCallArchitectures=native
            SystemCallFilter=@system-service
            SystemCallErrorNumber=EPERM

            [Install]
            WantedBy=multi-user.target
            """;
}
