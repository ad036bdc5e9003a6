package io.backpool.proxyconf;

import io.backpool.config.Config;
import io.backpool.config.LimitsConfig;
import io.backpool.config.PoolConfig;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** A complete Nginx configuration for a pool, over HTTP/1.1. A pure function of the settings. */
public final class NginxConf {
    private NginxConf() {}

    public static String render(Config config, Listen listen, Path directory) {
        PoolConfig pool = config.pool();
        LimitsConfig limits = config.limits();
        return Template.fill(
                TEMPLATE,
                Map.ofEntries(
                        Map.entry("name", pool.name()),
                        Map.entry("listen", listen),
                        Map.entry("dir", directory.toAbsolutePath()),
                        Map.entry("headerSize", limits.headerSize()),
                        Map.entry("twice", 2 * limits.headerSize()),
                        Map.entry("bodySize", limits.bodySize()),
                        Map.entry("headerTimeout", Link.seconds(limits.headerTimeout())),
                        Map.entry("timeout", Link.timeout(limits)),
                        Map.entry("ttl", Link.ttl(config)),
                        Map.entry("connect", Link.CONNECT_TIMEOUT),
                        Map.entry("tries", 1 + Link.MAX_ATTEMPTS),
                        Map.entry("members", Link.lines(pool, k -> server(pool, k) + ";")),
                        Map.entry("routes", Link.lines(pool, k -> route(pool, k))),
                        Map.entry("sticky", Link.lines(pool, k -> sticky(config, k)))));
    }

    private static String server(PoolConfig pool, int index) {
        return "server %s:%d max_fails=1 fail_timeout=1s"
                .formatted(pool.host(), pool.httpPort(index));
    }

    private static String route(PoolConfig pool, int index) {
        return "%1$s %2$s-%1$s;".formatted(pool.route(index), pool.name());
    }

    /** A member's own upstream: the member, and who takes its sessions when it is gone. */
    private static String sticky(Config config, int index) {
        PoolConfig pool = config.pool();
        String others =
                IntStream.rangeClosed(1, Math.min(Link.MAX_ATTEMPTS, pool.members() - 1))
                        .map(step -> (index - 1 + step) % pool.members() + 1)
                        .mapToObj(k -> " " + server(pool, k) + " backup;")
                        .collect(Collectors.joining());
        return "upstream %s-%s { zone %s-%s 64k; %s;%s keepalive 32; keepalive_timeout %ds; }"
                .formatted(
                        pool.name(),
                        pool.route(index),
                        pool.name(),
                        pool.route(index),
                        server(pool, index),
                        others,
                        Link.ttl(config));
    }

    private static final String TEMPLATE =
            """
            # Nginx in front of the pool @name@: "nginx -c THIS-FILE" starts it, as root or not;
            # it stays in the foreground. For 1.15.3 and later.
            # Printed by "java -jar backend.jar conf nginx" from the pool's settings: print it again
            # when those change, rather than editing it here.
            daemon off;
            worker_processes auto;
            pid "@dir@/nginx.pid";
            error_log "@dir@/nginx-error.log" warn;

            events {
                worker_connections 4096;
            }

            http {
                access_log off;
                server_tokens off;
                client_body_temp_path "@dir@/nginx-client-body";
                proxy_temp_path "@dir@/nginx-proxy";
                fastcgi_temp_path "@dir@/nginx-fastcgi";
                uwsgi_temp_path "@dir@/nginx-uwsgi";
                scgi_temp_path "@dir@/nginx-scgi";

                # ---- The members -------------------------------------------------------------
                # A member that fails is left alone for 1 s. Open source Nginx has no active checks:
                # a member that leaves is noticed when it stops to accept.
                # keepalive_timeout: connections are dropped here, well before the member would
                # close them (limits.idle-timeout): a request that meets a close is lost.
                upstream @name@ {
                    zone @name@ 64k;
                    @members@
                    keepalive 64;
                    keepalive_timeout @ttl@s;
                }

                # The session's cookie, or ;jsessionid= in the path, ends in the member's route; the
                # next members stand by for when it is gone.
                @sticky@
                map "$cookie_jsessionid $request_uri" $route {
                    "~^[^ ]*\\.(?<cookie_route>[\\w-]+) " $cookie_route;
                    "~^ .*;jsessionid=[^.;?/]*\\.(?<path_route>[\\w-]+)" $path_route;
                }
                map $route $member {
                    default @name@;
                    @routes@
                }

                # "Connection" is empty for members, so that they keep theirs, but for WebSocket.
                map $http_upgrade $connection_upgrade {
                    default upgrade;
                    "" "";
                }

                # ---- What clients see --------------------------------------------------------
                server {
                    listen @listen@;
                    # limits.header-size, header-timeout, body-size
                    large_client_header_buffers 4 @headerSize@;
                    client_header_timeout @headerTimeout@s;
                    client_max_body_size @bodySize@;

                    location / {
                        proxy_pass http://$member;
                        proxy_http_version 1.1;
                        # One member's answer may have a head of limits.header-size.
                        proxy_buffer_size @headerSize@;
                        proxy_buffers 4 @headerSize@;
                        proxy_busy_buffers_size @twice@;
                        # Bodies stream both ways: a slow client costs a member no thread.
                        proxy_buffering off;
                        proxy_request_buffering off;
                        proxy_connect_timeout @connect@s;
                        # Silence that ends a request, limits.request-timeout.
                        proxy_read_timeout @timeout@s;
                        proxy_send_timeout @timeout@s;
                        proxy_next_upstream_tries @tries@;

                        # Only Nginx says who the client is: these are set or removed.
                        proxy_set_header Host $http_host;
                        proxy_set_header X-Forwarded-For $remote_addr;
                        proxy_set_header X-Forwarded-Host $http_host;
                        proxy_set_header X-Forwarded-Proto $scheme;
                        proxy_set_header X-Forwarded-Server "";
                        proxy_set_header X-Forwarded-Port "";
                        proxy_set_header Forwarded "";
                        proxy_set_header X-Request-ID $request_id;
                        proxy_set_header SSL_CLIENT_CERT "";
                        proxy_set_header SSL_CIPHER "";
                        proxy_set_header SSL_PROTOCOL "";
                        proxy_set_header SSL_SESSION_ID "";
                        proxy_set_header SSL_CIPHER_USEKEYSIZE "";
                        proxy_set_header Upgrade $http_upgrade;
                        proxy_set_header Connection $connection_upgrade;
                    }
                }
            }
            """;
}
