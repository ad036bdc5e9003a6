package io.backpool.proxyconf;

import io.backpool.config.BalancerConfig.Protocol;
import io.backpool.config.Config;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What stands before the pool in httpd's configuration: in a part for a distribution's httpd, which
 * modules it needs; in a complete file, the server.
 */
final class ApacheHead {
    private static final List<String> COMMON =
            List.of(
                    "proxy",
                    "proxy_balancer",
                    "proxy_hcheck",
                    "lbmethod_byrequests",
                    "slotmem_shm",
                    "headers",
                    "unique_id",
                    "status");

    /** Compiled in with some, a file with others: listed first, others need them. */
    private static final List<String> BASE =
            List.of(
                    "mpm_event",
                    "unixd",
                    "log_config",
                    "watchdog",
                    "version",
                    "authz_core",
                    "authz_host",
                    "env",
                    "reqtimeout");

    /** All of them, so that a part for another protocol can be included into a complete file. */
    private static final List<String> PROTOCOLS =
            List.of("proxy_http", "proxy_ajp", "proxy_http2", "rewrite", "setenvif");

    private ApacheHead() {}

    static String render(Config config, FrontEnd frontEnd) {
        return frontEnd.standalone() ? standalone(config, frontEnd) : part(frontEnd);
    }

    private static String part(FrontEnd frontEnd) {
        List<String> modules =
                Stream.of(
                                COMMON,
                                frontEnd.balancers()
                                        .flatMap(balancer -> own(balancer.protocol()).stream())
                                        .toList(),
                                membership(frontEnd),
                                tls(frontEnd),
                                ApacheIdentity.modules(frontEnd))
                        .flatMap(List::stream)
                        .distinct()
                        .toList();
        return Template.fill(
                PART,
                Map.of(
                        "names",
                        String.join(" ", modules),
                        "guards",
                        modules.stream().map(ApacheHead::guard).collect(Collectors.joining())));
    }

    private static List<String> own(Protocol protocol) {
        return switch (protocol) {
            case HTTP -> List.of("proxy_http");
            case AJP -> List.of("proxy_ajp", "env");
            case H2C -> List.of("proxy_http2", "proxy_http", "rewrite", "setenvif");
        };
    }

    private static List<String> membership(FrontEnd frontEnd) {
        return frontEnd.isJoined() ? List.of("rewrite") : List.of();
    }

    private static List<String> tls(FrontEnd frontEnd) {
        return frontEnd.tls() == null ? List.of() : List.of("ssl");
    }

    private static String guard(String module) {
        return """
        <IfModule !%1$s_module>
            Error "Backpool needs mod_%1$s. Debian: a2enmod %1$s. Red Hat: see /etc/httpd/conf.modules.d"
        </IfModule>
        """
                .formatted(module);
    }

    private static String standalone(Config config, FrontEnd frontEnd) {
        String modules =
                Stream.of(
                                BASE,
                                COMMON,
                                PROTOCOLS,
                                membership(frontEnd),
                                tls(frontEnd),
                                ApacheIdentity.modules(frontEnd))
                        .flatMap(List::stream)
                        .distinct()
                        .map(ApacheHead::load)
                        .collect(Collectors.joining());
        var threads = new MpmThreads(frontEnd.clients());
        String home = ApacheConf.quoted(frontEnd.directory().toAbsolutePath().toString());
        return Template.fill(
                STANDALONE,
                Map.of(
                        "modules",
                        modules,
                        "dir",
                        home,
                        "clients",
                        threads.clients(),
                        "serverLimit",
                        threads.serverLimit(),
                        "perChild",
                        threads.perChild(),
                        "workers",
                        threads.workers(),
                        "atFirst",
                        threads.atFirst(),
                        "headerTimeout",
                        Link.seconds(config.limits().headerTimeout()),
                        "timeout",
                        Link.timeout(config.limits())));
    }

    private static String load(String module) {
        return """
        <IfModule !%1$s_module>
            LoadModule %1$s_module "${BACKPOOL_MODULES}/mod_%1$s.so"
        </IfModule>
        """
                .formatted(module);
    }

    private static final String PART =
            """
            # Debian, Ubuntu: save as /etc/apache2/conf-available/backpool.conf, then
            #   a2enmod @names@
            #   a2enconf backpool && apachectl configtest && systemctl reload apache2
            # Red Hat: save as /etc/httpd/conf.d/backpool.conf; its modules are loaded already; then
            #   apachectl configtest && systemctl reload httpd
            # It opens ports of its own: the sites that are there stay as they are.

            @guards@
            """;

    private static final String STANDALONE =
            """
            # Complete: "apache2 -f THIS-FILE" (Red Hat: "httpd -f ...") starts it, as root or not;
            # the same with "-k stop" ends it.

            # ---- The server ------------------------------------------------------------------
            # Where Debian, Red Hat and httpd's own build keep modules. Elsewhere: start it with
            # -C "Define BACKPOOL_MODULES /path".
            <IfDefine !BACKPOOL_MODULES>
                <IfFile "/usr/lib/apache2/modules/mod_proxy.so">
                    Define BACKPOOL_MODULES /usr/lib/apache2/modules
                </IfFile>
                <IfFile "/usr/lib64/httpd/modules/mod_proxy.so">
                    Define BACKPOOL_MODULES /usr/lib64/httpd/modules
                </IfFile>
                <IfFile "/usr/local/apache2/modules/mod_proxy.so">
                    Define BACKPOOL_MODULES /usr/local/apache2/modules
                </IfFile>
            </IfDefine>
            @modules@

            ServerName localhost
            ServerRoot @dir@
            DefaultRuntimeDir @dir@
            PidFile httpd.pid
            ErrorLog error.log
            LogLevel warn
            # "nobody"; without effect where httpd is not started by root.
            User "#65534"
            Group "#65534"
            ServerTokens Prod
            TraceEnable Off

            # For @clients@ clients at once (conf apache --clients N). Where all threads of a child are
            # busy httpd closes connections that idle, so there is a thread for each client. It
            # takes its threads in turn, and each costs a little at every request: fewer clients
            # are served by fewer threads for less. ServerLimit leaves room for children that
            # finish after a graceful.
            ServerLimit @serverLimit@
            ThreadLimit @perChild@
            ThreadsPerChild @perChild@
            MaxRequestWorkers @workers@
            StartServers @atFirst@
            MinSpareThreads @perChild@
            MaxSpareThreads @workers@

            # Clients keep their connection, for which mpm_event needs no thread.
            KeepAlive On
            KeepAliveTimeout 15
            MaxKeepAliveRequests 0
            Timeout @timeout@
            # A request head that does not come, limits.header-timeout; the members watch bodies.
            RequestReadTimeout header=@headerTimeout@ body=0

            # Nothing is served from files.
            <Directory "/">
                AllowOverride None
                Require all denied
            </Directory>
            """;
}
