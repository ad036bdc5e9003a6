package io.backpool.proxyconf;

import io.backpool.config.Config;
import io.backpool.config.LimitsConfig;
import io.backpool.config.PoolConfig;
import java.util.Map;

/** A complete HAProxy configuration for a pool, over HTTP/1.1. A pure function of the settings. */
public final class HaproxyConf {
    /** Bytes beyond a head of the allowed size for the headers that HAProxy sets. */
    private static final int ROOM_TO_REWRITE = 16_384;

    private HaproxyConf() {}

    public static String render(Config config, Listen listen) {
        PoolConfig pool = config.pool();
        LimitsConfig limits = config.limits();
        return Template.fill(
                TEMPLATE,
                Map.ofEntries(
                        Map.entry("name", pool.name()),
                        Map.entry("listen", listen.with("")),
                        Map.entry("rewrite", ROOM_TO_REWRITE),
                        Map.entry("buffer", limits.headerSize() + ROOM_TO_REWRITE),
                        Map.entry("headerTimeout", Link.seconds(limits.headerTimeout())),
                        Map.entry("timeout", Link.timeout(limits)),
                        Map.entry("purge", 1000 * Link.ttl(config) / 6),
                        Map.entry("connect", Link.CONNECT_TIMEOUT),
                        Map.entry("attempts", Link.MAX_ATTEMPTS),
                        Map.entry(
                                "members",
                                Link.lines(
                                        pool,
                                        k ->
                                                "server %s %s:%d"
                                                        .formatted(
                                                                pool.route(k),
                                                                pool.host(),
                                                                pool.httpPort(k))))));
    }

    private static final String TEMPLATE =
            """
            # HAProxy in front of the pool @name@: "haproxy -f THIS-FILE" starts it, as root or not;
            # it stays in the foreground. For 2.4 and later.
            # Printed by "java -jar backend.jar conf haproxy" from the pool's settings: print it
            # again when those change, rather than editing it here.
            global
                maxconn 4096
                # A whole head must fit: limits.header-size and room for what is added here.
                tune.bufsize @buffer@
                tune.maxrewrite @rewrite@

            defaults
                mode http
                timeout connect @connect@s
                # Silence that ends a request or a WebSocket, limits.request-timeout.
                timeout client @timeout@s
                timeout server @timeout@s
                timeout tunnel @timeout@s
                # limits.header-timeout
                timeout http-request @headerTimeout@s
                timeout http-keep-alive 15s
                timeout queue 5s

            frontend public
                bind @listen@
                # Only HAProxy says who the client is: what it sends of these is removed or replaced.
                http-request del-header Forwarded
                http-request del-header X-Forwarded-Server
                http-request del-header X-Forwarded-Port
                http-request del-header SSL_CLIENT_CERT
                http-request del-header SSL_CIPHER
                http-request del-header SSL_PROTOCOL
                http-request del-header SSL_SESSION_ID
                http-request del-header SSL_CIPHER_USEKEYSIZE
                http-request set-header X-Forwarded-For %[src]
                http-request set-header X-Forwarded-Host %[req.hdr(host)]
                http-request set-header X-Forwarded-Proto %[ssl_fc,iif(https,http)]
                http-request set-header X-Request-ID %[uuid()]
                default_backend @name@

            backend @name@
                balance roundrobin
                # The session's cookie, or ;jsessionid= in the path, ends in the member's route.
                http-request set-var(txn.route) req.cook(JSESSIONID),field(-1,.)
                http-request set-var(txn.route) path,regsub(^.*;jsessionid=[^.;/]*\\.,),field(1,;) if !{ var(txn.route) -m found } { path_sub ;jsessionid= }
                use-server %[var(txn.route)] if { var(txn.route) -m found }
                # A member that can't be reached: the request goes to up to @attempts@ others.
                retries @attempts@
                option redispatch 1
                retry-on conn-failure
                # Once a second: a member that leaves says so here before it stops serving.
                option httpchk
                http-check send meth GET uri /health/ready ver HTTP/1.1 hdr Host localhost
                http-check expect status 200
                # Idle connections are dropped here, well before the member would close them
                # (limits.idle-timeout): every pool-purge-delay half of them go.
                default-server check inter 1s fall 1 rise 1 observe layer4 error-limit 1 on-error mark-down pool-purge-delay @purge@ms
                @members@
            """;
}
