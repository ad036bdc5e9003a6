package io.backpool.proxyconf;

import io.backpool.config.BalancerConfig.Protocol;
import io.backpool.config.Config;
import io.backpool.config.HttpdCheck;
import io.backpool.config.PoolConfig;
import io.backpool.config.ProgramConfig;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** The balancers of one httpd, with a line for each member. */
final class ApacheBalancers {
    private final Config config;
    private final FrontEnd frontEnd;
    private final List<PoolConfig> pools;

    private ApacheBalancers(Config config, FrontEnd frontEnd) {
        this.config = config;
        this.frontEnd = frontEnd;
        this.pools = frontEnd.pools(config.pool());
    }

    static String render(Config config, FrontEnd frontEnd) {
        var printer = new ApacheBalancers(config, frontEnd);
        String balancers =
                frontEnd.balancers()
                        .map(
                                balancer ->
                                        frontEnd.isJoined()
                                                ? printer.joined(balancer)
                                                : printer.declared(balancer))
                        .collect(Collectors.joining());
        return frontEnd.isJoined()
                ? Template.fill(
                        JOIN,
                        Map.of(
                                "timeout", Link.timeout(config.limits()),
                                "tls", ApacheTls.ofChecks(frontEnd),
                                "balancers", balancers))
                : Template.fill(
                        STATIC,
                        Map.of(
                                "secret",
                                frontEnd.speaks(Protocol.AJP) ? printer.secret() : "",
                                "tls",
                                ApacheTls.ofChecks(frontEnd),
                                "balancers",
                                balancers));
    }

    private String joined(FrontEnd.Balancer balancer) {
        String lines = lines(balancer, balancer.protocol());
        String spare =
                pools.stream().map(pool -> spare(pool, balancer)).collect(Collectors.joining("\n"));
        return Template.fill(
                JOINED,
                Map.ofEntries(
                        Map.entry("name", balancer.name()),
                        Map.entry("check", check(balancer)),
                        Map.entry("sticky", sticky()),
                        Map.entry("stickiness", stickiness()),
                        Map.entry(
                                "options",
                                Template.fill(OPTIONS, Map.of("connect", Link.CONNECT_TIMEOUT))),
                        Map.entry("lines", lines),
                        Map.entry("spare", spare),
                        Map.entry("growth", Link.growth(pools, lines + spare)),
                        Map.entry("tls", ApacheTls.ofMembers(frontEnd, balancer)),
                        Map.entry("host", ApacheTls.host(frontEnd, balancer)),
                        Map.entry("attempts", Link.MAX_ATTEMPTS)));
    }

    private String declared(FrontEnd.Balancer balancer) {
        return Template.fill(
                DECLARED,
                Map.of(
                        "name", balancer.name(),
                        "check", balancer.protocol() == Protocol.AJP ? CPING : check(balancer),
                        "sticky", sticky(),
                        "stickiness", stickiness(),
                        "options", Template.fill(OPTIONS, Map.of("connect", Link.CONNECT_TIMEOUT)),
                        "lines", lines(balancer, balancer.protocol()),
                        "tls", ApacheTls.ofMembers(frontEnd, balancer),
                        "attempts", Link.MAX_ATTEMPTS,
                        "expect", balancer.protocol() == Protocol.H2C ? expect(balancer) : ""));
    }

    private String expect(FrontEnd.Balancer balancer) {
        return Template.fill(
                EXPECT,
                Map.of(
                        "name", balancer.name(),
                        "lines", lines(balancer, Protocol.HTTP),
                        "sticky", sticky(),
                        "attempts", Link.MAX_ATTEMPTS));
    }

    private String check(FrontEnd.Balancer balancer) {
        HttpdCheck check = HttpdCheck.of(config);
        String why =
                config.app().program() == null
                        ? "Once a second: a member that leaves says so here before it stops"
                                + " serving."
                        : "What the pool asks itself, too: app.health.";
        return Template.fill(
                check.path() == null ? TCP : GET,
                Map.of("name", balancer.name(), "options", check.options(), "why", why));
    }

    /** What ProxySet says of it, with a blank behind. */
    private String sticky() {
        ProgramConfig program = config.app().program();
        if (program == null) {
            return "stickysession=JSESSIONID|jsessionid scolonpathdelim=On ";
        }
        return program.stickyCookie() == null
                ? ""
                : "stickysession=" + program.stickyCookie() + " ";
    }

    private String stickiness() {
        ProgramConfig program = config.app().program();
        if (program == null) {
            return "# The session's cookie, or ;jsessionid= in the path, ends in the member's"
                    + " route.";
        }
        return program.stickyCookie() == null
                ? "# Any member may get any request: app.sticky-cookie names a cookie that decides."
                : "# The cookie " + program.stickyCookie() + " ends in .ROUTE, the member's route.";
    }

    private String lines(FrontEnd.Balancer balancer, Protocol protocol) {
        String check =
                protocol == Protocol.AJP
                        ? " hcmethod=CPING hcinterval=1 hcpasses=1 hcfails=1"
                        : " hctemplate=ready-" + balancer.name();
        return pools.stream()
                .map(pool -> host(pool) + Link.lines(pool, k -> member(pool, protocol, k) + check))
                .collect(Collectors.joining("\n"));
    }

    /** Places that the pool may take later. */
    private String spare(PoolConfig pool, FrontEnd.Balancer balancer) {
        return Link.lines(
                pool.members() + 1,
                pool.places(),
                k -> member(pool, balancer.protocol(), k) + " status=+D redirect=backpool-DC");
    }

    /** What the pool there must be told, where there are several. */
    private String host(PoolConfig pool) {
        return frontEnd.hosts().isEmpty()
                ? ""
                : "# serve --advertise=%s%s\n"
                        .formatted(
                                pool.host(),
                                pool.hasDefaultRoutePrefix()
                                        ? ""
                                        : " --route-prefix=" + pool.routePrefix());
    }

    private String member(PoolConfig pool, Protocol protocol, int index) {
        return "BalancerMember %s route=%s retry=1 connectiontimeout=%d timeout=%d ttl=%d%s"
                .formatted(
                        pool.worker(protocol, index),
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

    private String secret() {
        return Template.fill(
                SECRET,
                Map.of("file", ApacheConf.quoted(config.pool().ajpSecretConf().toString())));
    }

    private static final String STATIC =
            """
            # This file is the truth. With On, what was persisted would win over every change of
            # timeout, ttl, route or secret made here, even after a restart.
            BalancerPersist Off
            @secret@
            @tls@
            @balancers@
            """;

    private static final String JOIN =
            """
            # Each member of the pool takes its place below when it is ready, by balancer-manager.
            # On, so that httpd keeps who serves, drains and is gone over graceful, stop and start: with Off,
            # each graceful puts every flag back to what stands here.
            BalancerPersist On
            # Silence from a member that ends a request, for those that have no timeout of their own.
            ProxyTimeout @timeout@
            @tls@
            @balancers@
            """;

    private static final String DECLARED =
            """
            @check@
            <Proxy "balancer://@name@">
                @tls@
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

    private static final String JOINED =
            """
            @check@
            @host@
            <Proxy "balancer://@name@">
                @tls@
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

    private static final String SECRET =
            """
            # Defines BACKPOOL_AJP_SECRET. The pool makes this file, mode 0600; httpd reads it
            # while it still is root.
            Include @file@
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
}
