package io.backpool.proxyconf;

import io.backpool.config.BalancerConfig.Protocol;
import io.backpool.config.Config;
import io.backpool.config.ProgramConfig;
import java.net.URI;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

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
                        Map.entry("balancers", ApacheBalancers.render(config, frontEnd)),
                        Map.entry("listen", frontEnd.listen()),
                        Map.entry("public", frontEnd.listen().with("*")),
                        Map.entry("address", ApacheIdentity.address(frontEnd)),
                        Map.entry("scheme", ApacheIdentity.scheme(frontEnd)),
                        Map.entry("user", ApacheIdentity.user(config, frontEnd)),
                        Map.entry("headers", ApacheIdentity.headers(config, frontEnd)),
                        Map.entry("send", send(config, frontEnd)),
                        Map.entry("manager", manager(config, frontEnd))));
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

    /**
     * Over HTTP/2 a member takes and gives a head of one frame only: Undertow 2.4.4 breaks the
     * connection over one that goes on in CONTINUATION frames.
     */
    private static int fieldSize(Config config, Protocol protocol) {
        int size = config.limits().headerSize();
        return protocol == Protocol.H2C ? Math.min(size, HTTP2_FRAME) : size;
    }

    private static String send(Config config, FrontEnd frontEnd) {
        String expect =
                frontEnd.protocol() == Protocol.H2C ? PASS_EXPECT.formatted(frontEnd.name()) : "";
        return Template.fill(
                frontEnd.isJoined() ? SEND_JOINED : SEND,
                Map.of(
                        "name",
                        frontEnd.name(),
                        "host",
                        ApacheTls.hostOfVhost(frontEnd),
                        "special",
                        special(frontEnd) + stickyCookie(config),
                        "expect",
                        expect,
                        "expectEncoded",
                        expect.isEmpty() ? "" : expect + " mapping=encoded",
                        "others",
                        frontEnd.others().stream()
                                .map(it -> other(it, frontEnd.isJoined()))
                                .collect(Collectors.joining())));
    }

    private static String other(FrontEnd.Balancer balancer, boolean joined) {
        return Template.fill(joined ? OTHER_JOINED : OTHER, Map.of("name", balancer.name()));
    }

    private static String special(FrontEnd frontEnd) {
        return (frontEnd.speaks(Protocol.AJP) ? TRUST_LENGTH : "")
                + (frontEnd.protocol() == Protocol.H2C ? http2(frontEnd) : "");
    }

    private static String http2(FrontEnd frontEnd) {
        return NO_WEBSOCKET
                + Template.fill(
                        frontEnd.isJoined() ? REFUSE_EXPECT : SEND_EXPECT,
                        Map.of("name", frontEnd.name()));
    }

    private static String manager(Config config, FrontEnd frontEnd) {
        URI manager = frontEnd.manager();
        return manager == null
                ? ""
                : Template.fill(
                        MANAGER,
                        Map.of(
                                "address",
                                ManagerSite.address(frontEnd, manager),
                                "require",
                                ManagerSite.require(frontEnd),
                                "names",
                                ManagerSite.names(frontEnd, manager),
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
                                "flags",
                                flags(config, frontEnd, manager)));
    }

    /** The flags of {@code serve} that mean this front end. */
    private static String flags(Config config, FrontEnd frontEnd, URI manager) {
        return frontEnd.balancers()
                .map(balancer -> flag(config, frontEnd, balancer, manager))
                .collect(Collectors.joining(" "));
    }

    private static String flag(
            Config config, FrontEnd frontEnd, FrontEnd.Balancer balancer, URI manager) {
        var flag = new StringBuilder("--balancer ").append(manager);
        if (!balancer.name().equals(config.pool().name())) {
            flag.append(",name=").append(balancer.name());
        }
        if (balancer.protocol() != Protocol.HTTP) {
            flag.append(",protocol=").append(balancer.protocol().name().toLowerCase(Locale.ROOT));
        }
        if (frontEnd.isJoined()) {
            flag.append(",membership=join");
        } else if (balancer.protocol() == Protocol.H2C) {
            flag.append(" --balancer %s,name=%s-expect".formatted(manager, balancer.name()));
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
            @balancers@

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

    private static final String SEND_EXPECT =
            """
            # "Expect: 100-continue" goes to balancer://@name@-expect. Not by a RewriteRule: it would decode
            # the path, %252F to %2F. The path below is "/", where every path begins, for such a
            # request and "-", where none does, for others. BACKPOOL_DOLLAR: httpd would look
            # for the variable when it starts.
            Define BACKPOOL_DOLLAR $
            SetEnvIf Expect "^$" backpool-expect=-
            SetEnvIf Expect "." backpool-expect=/
            ProxyPassInterpolateEnv On
            """;

    /** Another way for some requests, before that of all. */
    private static final String PASS_EXPECT =
            "ProxyPass \"${BACKPOOL_DOLLAR}{backpool-expect}\" \"balancer://%s-expect/\""
                    + " interpolate";

    private static final String REFUSE_EXPECT =
            """
            # "Expect: 100-continue": over HTTP/2 mod_proxy_http2 waits for a 100 that came before it looked.
            # 417 asks the client to send the request without it, at once.
            RewriteEngine On
            RewriteCond %{HTTP:Expect} .
            RewriteRule "^" "-" [R=417,L]
            """;

    private static final String SEND =
            """
            # The application sees the host that the client asked for.
            @host@
            @special@
            # An encoded slash in a path, %2F, separates nothing and is no 404.
            AllowEncodedSlashes NoDecode
            # encoded: the path goes on as the client wrote it, without "..". What you add before it needs
            # the word too (ProxyPass "/icons" ! mapping=encoded), and <Location> compares with the encoded
            # path: name paths with other than A-Z a-z 0-9 . _ ~ - / as %XX there.
            # Before 2.4.57 httpd would encode the path twice then; without the word /100%25 is a 400.
            @others@
            <IfVersion >= 2.4.57>
                @expectEncoded@
                ProxyPass "/" "balancer://@name@/" mapping=encoded
            </IfVersion>
            <IfVersion < 2.4.57>
                @expect@
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
            @others@
            RewriteRule "^/(.*)$" "balancer://@name@/$1" [P]
            """;

    private static final String OTHER =
            """
            # What is to go over balancer://@name@ has a line here, such as:
            #   ProxyPass "/PATH/" "balancer://@name@/PATH/" mapping=encoded
            """;

    private static final String OTHER_JOINED =
            """
            # What is to go over balancer://@name@ has a line here, such as:
            #   RewriteRule "^/(PATH/.*)$" "balancer://@name@/$1" [P]
            """;

    private static final String STICKY_COOKIE =
            """
            # The program sets no such cookie: httpd does, when a client comes to another member.
            Header add Set-Cookie "@cookie@=x.%{BALANCER_WORKER_ROUTE}e; Path=/; HttpOnly; SameSite=Lax" env=BALANCER_ROUTE_CHANGED
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

            # ---- What operators see: http://@address@:@port@@path@ and /server-status
            # @pool@
            #   java -jar backend.jar serve @flags@
            Listen @address@:@port@
            <VirtualHost @address@:@port@>
                <Location "/">
                    # A web page that the operator looks at must not reach this under its own name.
                    <RequireAll>
                        @require@
                        Require expr "%{HTTP_HOST} =~ /^(@names@)(:\\d+)?$/"
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
