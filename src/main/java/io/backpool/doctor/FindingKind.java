package io.backpool.doctor;

import java.util.Locale;

/**
 * What the doctor can find between the pool and httpd. The table in operations.md is printed from
 * this ({@link Catalogue}), and {@code doctor --explain ID} prints one. Codes of httpd's error log
 * are in {@link ErrorLog}.
 */
enum FindingKind {
    HTTPD_REFUSES(
            "httpd does not take its configuration",
            "It would not start with it, nor reload it.",
            "what httpd says, mostly a module: `a2enmod`"),
    MODULE_MISSING(
            "a module that the pool needs is not loaded",
            "Without it httpd can't reach members, keep sessions, or see who is away.",
            "`a2enmod NAME`, or its `LoadModule`"),
    HTTPD_TOO_OLD(
            "httpd before 2.4.42, where there is no `secret=` for AJP",
            "The pool closes an AJP connection without the secret: clients get 503.",
            "a newer httpd, or HTTP members"),
    BALANCER_MISSING(
            "httpd has no `balancer://` of the pool's name",
            "Nothing leads to the pool.",
            "`conf apache`; `pool.name`, or `name=` of `--balancer`"),
    MEMBER_UNDECLARED(
            "a member of the pool has no `BalancerMember` in httpd",
            "It gets no request from there.",
            "`conf apache` prints one for each"),
    MEMBER_UNKNOWN(
            "a `BalancerMember` leads to a port where the pool has no member",
            "httpd sends requests to a port where nothing, or another process, listens.",
            "print `conf apache` again"),
    MEMBER_TLS(
            "httpd and a member do not agree on TLS (`pool.tls`)",
            "One speaks TLS and the other does not: clients get 500, 502 or 503.",
            "print `conf apache` again"),
    MEMBER_NOT_JOINED(
            "a member is not in httpd, and should have joined",
            "It gets no request from there.",
            "a pool that runs with this `--balancer`; `growth`"),
    ROUTE(
            "httpd has another route for a member than the member itself",
            "Clients that have a session are sent to another member.",
            "`route=`"),
    STICKYSESSION(
            "another cookie than `sessions.cookie`, or a session was sent to another member",
            "Each request of a session goes to another member, where the session is not.",
            "`ProxySet stickysession=`"),
    TTL(
            "httpd keeps connections longer than the pool (`limits.idle-timeout`)",
            "A request that httpd sends while the pool closes the connection is lost.",
            "`ttl=`"),
    TIMEOUT(
            "httpd gives up before the pool does (`limits.request-timeout`)",
            "The client gets a 502 or 504 while the member still works on the answer.",
            "`timeout=`"),
    HCHECK(
            "a member has no health check",
            "httpd learns by failing requests of clients that the member is away or leaves.",
            "`hctemplate=`, or `hcmethod=CPING`"),
    DISABLEREUSE(
            "a member has `disablereuse=On`: a connection a request",
            "A new connection for each request costs two thirds of the throughput.",
            "take `disablereuse=On` out"),
    RESPONSE_FIELD_SIZE(
            "httpd takes smaller response headers than the pool sends",
            "A longer one, such as a large cookie, becomes a 502.",
            "`responsefieldsize=`"),
    AJP_PACKET_SIZE(
            "httpd's AJP packets and the pool's are not of one size",
            "A head larger than the smaller of the two becomes a 400, 500 or 502.",
            "`ProxyIOBufferSize` as `limits.header-size`"),
    AJP_CONTENT_LENGTH(
            "httpd drops `Content-Length` of AJP answers",
            "Downloads have no length, HEAD says nothing of it, everything is chunked.",
            "`SetEnv ap_trust_cgilike_cl 1`"),
    AJP_SECRET_MISSING(
            "a `BalancerMember` of AJP has no `secret=`",
            "The pool closes a connection without the secret: clients get 503.",
            "`Include` of `ajp-secret.conf`, `secret=${BACKPOOL_AJP_SECRET}`"),
    AJP_SECRET_DIFFERENT(
            "httpd's secret for AJP is not the pool's",
            "The pool closes the connection: clients get 503.",
            "`Include` of `ajp-secret.conf`, reload httpd"),
    BALANCER_PERSIST(
            "`BalancerPersist` is Off where members join, or On where they are declared",
            "Off, a graceful restart of httpd forgets who joined or is drained; On, "
                    + "what was persisted wins over its files.",
            "`BalancerPersist`, the other way"),
    PLACES(
            "httpd has fewer places than the pool has members",
            "httpd refuses those that come last (400, AH10164).",
            "print `conf apache` again"),
    PLACE_DUPLICATE(
            "httpd lists a member twice, over another's place",
            "Clients with a session reach the wrong member.",
            "stop httpd, delete `slotmem-shm-*.persist`, start"),
    ROUTE_TAKEN(
            "httpd has one route at two addresses",
            "Clients with a session reach either.",
            "another `pool.route-prefix`, or disable the old member"),
    VHOST_COPY(
            "members join, and a directive of mod_proxy makes the vhost a copy without "
                    + "members",
            "It gives the host a copy of the balancer, where most of httpd's processes "
                    + "see no member join: 503, AH01171.",
            "`RewriteRule ... [P]`"),
    NONCE(
            "the balancer has `nonce=None`",
            "httpd ignores every change by balancer-manager: no member can be drained "
                    + "or join.",
            "take `nonce=None` out"),
    MANAGER(
            "balancer-manager can't be read: away, 401, 403, no `Referer` or `Host` "
                    + "gets there",
            "The pool can neither see its members there nor take them out and in.",
            "what the finding says; `SetHandler`, `Require`"),
    MEMBER_UNREACHABLE(
            "no answer on a member's port",
            "httpd answers 503 when no member is left.",
            "does the pool run, and with these settings?"),
    MEMBER_FOREIGN(
            "another process, or another member, answers on a member's port",
            "httpd gives our clients to somebody else.",
            "the running pool's `pool.http-port` and `pool.route-prefix`, or another port"),
    MEMBER_NOT_READY(
            "a member starts, drains or stops",
            "httpd sends it no requests as long as that lasts.",
            "`resume`, unless that is meant"),
    MEMBER_OUT(
            "a member is ready, and httpd keeps it out: the two disagree",
            "The others carry its share.",
            "`resume`, or its health check"),
    SPOOFABLE_HEADER(
            "clients can say who they are, and are believed",
            "A client may forge its address or certificate, in logs and wherever they " + "decide.",
            "`RequestHeader unset`"),
    FORWARDED_PROTO(
            "the application does not learn whether it was http or https",
            "The application makes links and cookies for the wrong scheme.",
            "`RequestHeader set X-Forwarded-Proto \"expr=%{REQUEST_SCHEME}\"`"),
    URL_UNREACHABLE(
            "no answer from `--url`",
            "Clients get none either.",
            "httpd, `Listen`, DNS, its certificate"),
    URL_NO_MEMBER(
            "httpd itself answers 5xx at `--url`",
            "It has no usable member, or the one that it asked failed.",
            "the other findings; `status`"),
    URL_ELSEWHERE(
            "something else than the pool answers at `--url`",
            "Clients get httpd's own pages, or somebody else's.",
            "`ProxyPass` in that vhost"),
    SOCKET(
            "httpd reaches a member over TCP where it has a unix socket, or through "
                    + "another one",
            "Over TCP it works, and costs both sides more CPU; through a socket that no"
                    + " member has, clients get 503.",
            "print `conf apache` again"),
    SOCKET_MISSING(
            "a member's socket is not there",
            "httpd answers 503 if it looks there.",
            "does the pool run, and with this `pool.sockets`?"),
    SOCKET_SILENT(
            "no process accepts on a member's socket",
            "httpd answers 503 if it looks there.",
            "does the pool run? Is `doctor` run as its user?"),
    SOCKET_MODE(
            "httpd's processes are not in the socket's group",
            "They may not connect: 503, AH02454.",
            "`pool.socket-group`"),
    SOCKET_DIRECTORY(
            "a directory above that httpd may not search, or that everybody may write to",
            "httpd's user can't reach the socket, or another user can put one in its place.",
            "`chmod o+x`, `chmod o-w`"),
    SOCKET_PRIVATE(
            "sockets in a `/tmp` or `/home` that httpd's service probably does not see",
            "httpd then sees no socket there: 503, AH02454.",
            "`/run/backpool`");

    private final Explanation explanation;

    FindingKind(String what, String why, String remedy) {
        String id = name().toLowerCase(Locale.ROOT).replace('_', '-');
        explanation = new Explanation(id, what, why, remedy);
    }

    /** The row of the catalogue: in general, not of one case. */
    Explanation explanation() {
        return explanation;
    }

    /**
     * Makes a finding of this kind.
     *
     * @param what was found, with names and numbers
     * @param remedy the directive or command that ends this one
     */
    Finding at(String where, String what, String remedy) {
        return at(where, what, explanation.why(), remedy);
    }

    /** The same, where more can be said of why it matters. */
    Finding at(String where, String what, String why, String remedy) {
        return new Finding(explanation.id(), where, what, why, remedy);
    }
}
