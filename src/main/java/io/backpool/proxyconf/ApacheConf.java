package io.backpool.proxyconf;

import io.backpool.config.BalancerConfig;
import io.backpool.config.Config;
import io.backpool.config.HttpdCheck;
import io.backpool.config.PoolConfig;
import io.backpool.config.ProgramConfig;
import java.net.URI;
import java.util.Locale;
import java.util.Map;

/**
 * httpd's configuration for a pool, for 2.4.47 and later. A pure function of the settings; the AJP
 * secret is not among them: httpd reads it from a file that the pool keeps.
 */
public final class ApacheConf {
    private static final int HTTP2_FRAME = 16_384;

    private ApacheConf() {}

    /** A file for {@code conf-available} or {@code conf.d}, or a complete one. */
    public static String render(Config config, FrontEnd frontEnd) {
        return Template.fill(
                TEMPLATE,
                Map.ofEntries(
                        Map.entry("name", frontEnd.name()),
                        Map.entry("protocol", frontEnd.protocol().label()),
                        Map.entry("head", ApacheHead.render(config, frontEnd)),
                        Map.entry("headerSize", config.limits().headerSize()),
                        Map.entry("fieldSize", fieldSize(config, frontEnd.protocol())),
                        Map.entry("members", members(config, frontEnd)),
                        Map.entry("listen", frontEnd.listen()),
                        Map.entry("public", frontEnd.listen().with("*")),
                        Map.entry("address", ApacheIdentity.address(frontEnd)),
                        Map.entry("scheme", ApacheIdentity.scheme(frontEnd)),
                        Map.entry("user", ApacheIdentity.user(config, frontEnd)),
                        Map.entry("headers", ApacheIdentity.headers(config, frontEnd)),
                        Map.entry("send", send(config, frontEnd)),
                        Map.entry("manager", manager(config, frontEnd))));
    }

    private static String members(Config config, FrontEnd frontEnd) {
        return frontEnd.isJoined() ? joined(config, frontEnd) : declared(config, frontEnd);
    }

    private static String joined(Config config, FrontEnd frontEnd) {
        PoolConfig pool = config.pool();
        String lines = lines(config, frontEnd, frontEnd.protocol());
        String spare =
                Link.lines(
                        pool.members() + 1,
                        pool.places(),
                        k ->
                                member(config, frontEnd.protocol(), k)
                                        + " status=+D redirect=backpool-DC");
        return Template.fill(
                JOINED,
                Map.of(
                        "name", frontEnd.name(),
                        "timeout", Link.timeout(config.limits()),
                        "check", check(config, frontEnd),
                        "sticky", sticky(config),
                        "stickiness", stickiness(config),
                        "options", Template.fill(OPTIONS, Map.of("connect", Link.CONNECT_TIMEOUT)),
                        "lines", lines,
                        "spare", spare,
                        "growth", Link.growth(pool, lines + spare),
                        "attempts", Link.MAX_ATTEMPTS));
    }

    private static String declared(Config config, FrontEnd frontEnd) {
        boolean ajp = frontEnd.protocol() == Protocol.AJP;
        return Template.fill(
                DECLARED,
                Map.of(
                        "name",
                        frontEnd.name(),
                        "secret",
                        ajp ? secret(config.pool()) : "",
                        "check",
                        ajp ? CPING : check(config, frontEnd),
                        "sticky",
                        sticky(config),
                        "stickiness",
                        stickiness(config),
                        "options",
                        Template.fill(OPTIONS, Map.of("connect", Link.CONNECT_TIMEOUT)),
                        "lines",
                        lines(config, frontEnd, frontEnd.protocol()),
                        "attempts",
                        Link.MAX_ATTEMPTS,
                        "expect",
                        frontEnd.protocol() == Protocol.H2C ? expect(config, frontEnd) : ""));
    }

    private static String expect(Config config, FrontEnd frontEnd) {
        return Template.fill(
                EXPECT,
                Map.of(
                        "name", frontEnd.name(),
                        "lines", lines(config, frontEnd, Protocol.HTTP),
                        "sticky", sticky(config),
                        "attempts", Link.MAX_ATTEMPTS));
    }

    private static String check(Config config, FrontEnd frontEnd) {
        HttpdCheck check = HttpdCheck.of(config);
        String why =
                config.app().program() == null
                        ? "Once a second: a member that leaves says so here before it stops"
                                + " serving."
                        : "What the pool asks itself, too: app.health.";
        return Template.fill(
                check.path() == null ? TCP : GET,
                Map.of("name", frontEnd.name(), "options", check.options(), "why", why));
    }

    /** What ProxySet says of it, with a blank behind. */
    private static String sticky(Config config) {
        ProgramConfig program = config.app().program();
        if (program == null) {
            return "stickysession=JSESSIONID|jsessionid scolonpathdelim=On ";
        }
        return program.stickyCookie() == null
                ? ""
                : "stickysession=" + program.stickyCookie() + " ";
    }

    private static String stickiness(Config config) {
        ProgramConfig program = config.app().program();
        if (program == null) {
            return "# The session's cookie, or ;jsessionid= in the path, ends in the member's"
                    + " route.";
        }
        return program.stickyCookie() == null
                ? "# Any member may get any request: app.sticky-cookie names a cookie that decides."
                : "# The cookie " + program.stickyCookie() + " ends in .ROUTE, the member's route.";
    }

    /** In the public vhost: where httpd sets the cookie that says which member it was. */
    private static String stickyCookie(Config config) {
        ProgramConfig program = config.app().program();
        return program == null
                        || program.stickyCookie() == null
                        || program.stickyRoute() != ProgramConfig.StickyRoute.BALANCER
                ? ""
                : Template.fill(STICKY_COOKIE, Map.of("cookie", program.stickyCookie()));
    }

    private static String lines(Config config, FrontEnd frontEnd, Protocol protocol) {
        String check =
                protocol == Protocol.AJP
                        ? " hcmethod=CPING hcinterval=1 hcpasses=1 hcfails=1"
                        : " hctemplate=ready-" + frontEnd.name();
        return Link.lines(config.pool(), k -> member(config, protocol, k) + check);
    }

    private static String member(Config config, Protocol protocol, int index) {
        PoolConfig pool = config.pool();
        return "BalancerMember %s route=%s retry=1 connectiontimeout=%d timeout=%d ttl=%d%s"
                .formatted(
                        pool.worker(BalancerConfig.Protocol.valueOf(protocol.name()), index),
                        pool.route(index),
                        Link.CONNECT_TIMEOUT,
                        Link.timeout(config.limits()),
                        Link.ttl(config),
                        switch (protocol) {
                            case HTTP ->
                                    " responsefieldsize=%d upgrade=websocket"
                                            .formatted(config.limits().headerSize());
                            case H2C -> "";
                            case AJP -> " ping=1 secret=${BACKPOOL_AJP_SECRET}";
                        });
    }

    private static String secret(PoolConfig pool) {
        return Template.fill(SECRET, Map.of("file", quoted(pool.ajpSecretConf().toString())));
    }

    /**
     * Over HTTP/2 a member takes and gives a head of one frame only: Undertow 2.4.4 breaks the
     * connection over one that goes on in CONTINUATION frames.
     */
    private static int fieldSize(Config config, Protocol protocol) {
        int size = config.limits().headerSize();
        return protocol == Protocol.H2C ? Math.min(size, HTTP2_FRAME) : size;
    }

    private static String send(Config config, FrontEnd frontEnd) {
        return Template.fill(
                frontEnd.isJoined() ? SEND_JOINED : SEND,
                Map.of(
                        "name",
                        frontEnd.name(),
                        "special",
                        special(frontEnd) + stickyCookie(config)));
    }

    private static String special(FrontEnd frontEnd) {
        return switch (frontEnd.protocol()) {
            case HTTP -> "";
            case AJP -> TRUST_LENGTH;
            case H2C ->
                    NO_WEBSOCKET
                            + Template.fill(
                                    frontEnd.isJoined() ? REFUSE_EXPECT : SEND_EXPECT,
                                    Map.of("name", frontEnd.name()));
        };
    }

    private static String manager(Config config, FrontEnd frontEnd) {
        URI manager = frontEnd.manager();
        return manager == null
                ? ""
                : Template.fill(
                        MANAGER,
                        Map.of(
                                "port",
                                manager.getPort() < 0 ? 80 : manager.getPort(),
                                "path",
                                manager.getPath(),
                                "pool",
                                frontEnd.isJoined()
                                        ? "Here members join and are drained before they stop, by a"
                                                + " pool that knows of it:"
                                        : "Here members are drained before they stop, by a pool"
                                                + " that knows of it:",
                                "balancer",
                                balancers(config, frontEnd, manager)));
    }

    /** The flags of {@code serve} that mean this front end. */
    private static String balancers(Config config, FrontEnd frontEnd, URI manager) {
        var flag = new StringBuilder("--balancer ").append(manager);
        if (!frontEnd.name().equals(config.pool().name())) {
            flag.append(",name=").append(frontEnd.name());
        }
        if (frontEnd.protocol() != Protocol.HTTP) {
            flag.append(",protocol=").append(frontEnd.protocol().name().toLowerCase(Locale.ROOT));
        }
        if (frontEnd.isJoined()) {
            flag.append(",membership=join");
        } else if (frontEnd.protocol() == Protocol.H2C) {
            flag.append(" --balancer %s,name=%s-expect".formatted(manager, frontEnd.name()));
        }
        return flag.toString();
    }

    /** As an argument of a directive. */
    static String quoted(String text) {
        return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }

    private static final String TEMPLATE =
            """
            # httpd in front of the pool balancer://@name@, @protocol@ to the members.
            # Printed by "java -jar backend.jar conf apache" from the pool's settings: print it
            # again when those change, rather than editing it here.
            @head@

            # ---- The members -----------------------------------------------------------------
            # A buffer, an AJP packet and a header are of one size on both sides: the pool's
            # limits.header-size.
            ProxyIOBufferSize @headerSize@
            @members@

            # ---- What clients see ------------------------------------------------------------
            # Leave "Listen" out where another file has it for this port already.
            Listen @listen@
            <VirtualHost @public@>
                # A request header, such as a client certificate, and an address may be as large as
                # for members.
                LimitRequestFieldSize @fieldSize@
                LimitRequestLine @fieldSize@
                @address@
                # Only httpd says who the client is: what it sends of these is removed ...
                RequestHeader unset Forwarded
                RequestHeader unset X-Forwarded-For
                RequestHeader unset X-Forwarded-Host
                RequestHeader unset X-Forwarded-Server
                RequestHeader unset X-Forwarded-Port
                RequestHeader unset SSL_CLIENT_CERT
                RequestHeader unset SSL_CIPHER
                RequestHeader unset SSL_PROTOCOL
                RequestHeader unset SSL_SESSION_ID
                RequestHeader unset SSL_CIPHER_USEKEYSIZE
                # ... "Connection: X-Forwarded-Proto" must not remove what httpd says ...
                RequestHeader edit* Connection "(?i)(x-forwarded-|x-request-id|ssl_@headers@)[\\w-]*" ""
                # ... and what mod_proxy does not add by itself is set.
                RequestHeader set X-Forwarded-Proto "expr=%{REQUEST_SCHEME}"
                @scheme@
                RequestHeader set X-Request-ID "%{UNIQUE_ID}e"
                @user@
                @send@
            </VirtualHost>
            @manager@
            """;

    private static final String DECLARED =
            """
            # This file is the truth. With On, what was persisted would win over every change of
            # timeout, ttl, route or secret made here, even after a restart.
            BalancerPersist Off
            @secret@
            @check@
            <Proxy "balancer://@name@">
                @options@
                @lines@
                @stickiness@
                # maxattempts: a client waits for this many further members, not for all of them.
                ProxySet lbmethod=byrequests @sticky@maxattempts=@attempts@
            </Proxy>
            @expect@
            """;

    private static final String EXPECT =
            """
            # The same members over HTTP/1.1, for "Expect: 100-continue": over HTTP/2 mod_proxy_http2 waits
            # for a 100 that came before it looked. A pool that drains its members knows of both balancers.
            <Proxy "balancer://@name@-expect">
                @lines@
                ProxySet lbmethod=byrequests @sticky@maxattempts=@attempts@
            </Proxy>
            """;

    private static final String SEND_EXPECT =
            """
            SetEnvIf Expect "." no-proxy
            RewriteEngine On
            RewriteCond %{HTTP:Expect} .
            RewriteRule "^/(.*)$" "balancer://@name@-expect/$1" [P]
            """;

    private static final String REFUSE_EXPECT =
            """
            # "Expect: 100-continue": over HTTP/2 mod_proxy_http2 waits for a 100 that came before it looked.
            # 417 asks the client to send the request without it, at once.
            RewriteEngine On
            RewriteCond %{HTTP:Expect} .
            RewriteRule "^" "-" [R=417,L]
            """;

    private static final String JOINED =
            """
            # Each member of the pool takes its place below when it is ready, by balancer-manager.
            # On, so that httpd keeps who serves, drains and is gone over graceful, stop and start: with Off,
            # each graceful puts every flag back to what stands here.
            BalancerPersist On
            @check@
            # Silence from a member that ends a request, for those that have no timeout of their own.
            ProxyTimeout @timeout@
            <Proxy "balancer://@name@/*">
                # The application sees the host that the client asked for.
                ProxyPreserveHost On
            </Proxy>
            <Proxy "balancer://@name@">
                @options@
                @lines@
                # Room to grow: out of the rotation until the pool takes one. "redirect" is the pool's note
                # that it is its own to enable, and not health-checked until then.
                @spare@
                @stickiness@
                # maxattempts: a client waits for this many further members, not for all of them.
                # growth: room for members that are not declared, such as those of a pool that was started on
                #   other ports. They get no options (no connectiontimeout, retry=60, headers up to 8 KiB), and
                #   httpd can't add further ones safely after a reload: print this file again for such a pool.
                #   The number changes with the lines above, so that httpd obeys a line that was changed.
                ProxySet growth=@growth@ lbmethod=byrequests @sticky@maxattempts=@attempts@
            </Proxy>
            """;

    private static final String OPTIONS =
            """
            # retry: a member that failed is tried again after 1 s, not after 60.
            # connectiontimeout: a member that does not accept within @connect@ s is passed over.
            # timeout: silence from a member that ends a request, limits.request-timeout.
            # ttl: idle connections are dropped here, well before the member would close them
            #   (limits.idle-timeout): a request that meets a close on its way is lost.
            """;

    private static final String SEND =
            """
            # The application sees the host that the client asked for.
            ProxyPreserveHost On
            @special@
            # An encoded slash in a path, %2F, separates nothing and is no 404.
            AllowEncodedSlashes NoDecode
            # encoded: the path goes on as the client wrote it, without "..". What you add before it needs
            # the word too (ProxyPass "/icons" ! mapping=encoded), and <Location> compares with the encoded
            # path: name paths with other than A-Z a-z 0-9 . _ ~ - / as %XX there.
            # Before 2.4.57 httpd would encode the path twice then; without the word /100%25 is a 400.
            <IfVersion >= 2.4.57>
                ProxyPass "/" "balancer://@name@/" mapping=encoded
            </IfVersion>
            <IfVersion < 2.4.57>
                ProxyPass "/" "balancer://@name@/"
            </IfVersion>
            """;

    private static final String SEND_JOINED =
            """
            @special@
            # Not by ProxyPass. Any directive of mod_proxy in a <VirtualHost> gives that vhost a copy of
            # the balancer, and most of httpd's processes would never see there who joins: 503,
            # "AH01171: No workers in balancer". Leave them all out of vhosts that lead to the pool,
            # and out of the one with balancer-manager. What a RewriteRule costs: httpd refuses a path
            # with %3F, an encoded question mark (403, AH10508), or with %2F, an encoded slash (404).
            RewriteEngine On
            RewriteRule "^/(.*)$" "balancer://@name@/$1" [P]
            """;

    private static final String SECRET =
            """
            # Defines BACKPOOL_AJP_SECRET. The pool makes this file, mode 0600; httpd reads it
            # while it still is root.
            Include @file@
            """;

    private static final String STICKY_COOKIE =
            """
            # The program sets no such cookie: httpd does, when a client comes to another member.
            Header add Set-Cookie "@cookie@=x.%{BALANCER_WORKER_ROUTE}e; Path=/; HttpOnly; SameSite=Lax" env=BALANCER_ROUTE_CHANGED
            """;

    private static final String TCP =
            """
            # A member is well while it accepts connections: app.health names a path that says more.
            ProxyHCTemplate ready-@name@ hcmethod=TCP @options@
            """;

    private static final String GET =
            """
            # @why@
            ProxyHCExpr up-@name@ {%{REQUEST_STATUS} =~ /^2/}
            # GET11 is known since httpd 2.4.55, GET asks the same over HTTP/1.0.
            <IfVersion >= 2.4.55>
                ProxyHCTemplate ready-@name@ hcmethod=GET11 @options@ hcexpr=up-@name@
            </IfVersion>
            <IfVersion < 2.4.55>
                ProxyHCTemplate ready-@name@ hcmethod=GET @options@ hcexpr=up-@name@
            </IfVersion>
            """;

    private static final String CPING =
            """
            # hcmethod=CPING, once a second, is AJP's only health check: it sees that a member is
            # there, not that it leaves. ping=1: and again before each request, for a second.
            """;

    private static final String TRUST_LENGTH =
            """
            # Without this httpd drops Content-Length from every answer that came over AJP.
            SetEnv ap_trust_cgilike_cl 1
            # WebSocket can't be carried over AJP: use --protocol http for it.
            """;

    private static final String NO_WEBSOCKET =
            """
            # WebSocket can't be carried over HTTP/2 to a member, nor a head of more than 16 KiB, all
            # headers together: use --protocol http for them.
            """;

    private static final String MANAGER =
            """

            # ---- What operators see: http://127.0.0.1:@port@@path@ and /server-status
            # @pool@
            #   java -jar backend.jar serve @balancer@
            Listen 127.0.0.1:@port@
            <VirtualHost 127.0.0.1:@port@>
                <Location "/">
                    # A web page that the operator looks at must not reach this under its own name.
                    <RequireAll>
                        Require local
                        Require expr "%{HTTP_HOST} =~ /^(127\\.0\\.0\\.1|localhost)(:\\d+)?$/"
                    </RequireAll>
                </Location>
                <Location "@path@">
                    SetHandler balancer-manager
                </Location>
                <Location "/server-status">
                    SetHandler server-status
                </Location>
            </VirtualHost>
            """;
}
