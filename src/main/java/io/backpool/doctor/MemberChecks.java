package io.backpool.doctor;

import io.backpool.config.BalancerConfig.Protocol;
import io.backpool.config.Config;
import io.backpool.config.HttpdCheck;
import io.backpool.config.PoolConfig;
import io.backpool.doctor.HttpdBalancer.Declared;
import io.backpool.proxyconf.Link;
import io.backpool.server.AjpSecret;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** What each declared member says, against the pool's settings. Used by one thread. */
final class MemberChecks {
    private final Config config;
    private final PoolConfig pool;
    private final HttpdConfig httpd;
    private final @Nullable String secret;
    private final List<Finding> findings = new ArrayList<>();

    /**
     * @param secret of AJP as the pool has it; null: none was made yet
     */
    MemberChecks(Config config, HttpdConfig httpd, @Nullable String secret) {
        this.config = config;
        this.pool = config.pool();
        this.httpd = httpd;
        this.secret = secret;
    }

    List<Finding> examine(HttpdBalancer front) {
        for (Declared member : front.members()) {
            identity(member, front.joined() ? pool.places() : pool.members());
            socket(member, front.joined() ? pool.places() : pool.members());
            times(member);
            keeping(member, front.joined());
            if (member.scheme().equals("ajp")) {
                secret(member);
            } else if (member.scheme().matches("https?")) {
                tls(member, front.joined() ? pool.places() : pool.members());
                answerHead(member);
            }
        }
        if (front.isDeclared() && !front.joined()) {
            undeclared(front);
        }
        return findings;
    }

    private void identity(Declared member, int places) {
        int index = index(member, places);
        if (index == 0) {
            add(
                    FindingKind.MEMBER_UNKNOWN,
                    member,
                    "the pool has no member on this port",
                    "BalancerMember %s://%s:%d ... (pool.http-port, pool.ajp-port, pool.members)"
                            .formatted(member.scheme(), member.host(), port(member, 1)));
        } else if (index > 0 && !member.option("route").equals(pool.route(index))) {
            findings.add(
                    FindingKind.ROUTE.at(
                            member.place(),
                            member.url()
                                    + ": "
                                    + (member.has("route")
                                            ? "route=%s, the member there calls itself %s"
                                                    .formatted(
                                                            member.option("route"),
                                                            pool.route(index))
                                            : "no route"),
                            "Clients that have a session are sent to another member, and the pool"
                                    + " can't drain this one.",
                            "route=" + pool.route(index)));
        }
    }

    /** Which member of the pool it is; 0: none; -1: on another host, unknown. */
    private int index(Declared member, int places) {
        return member.isHere(pool)
                ? IntStream.rangeClosed(1, places)
                        .filter(k -> port(member, k) == member.port())
                        .findFirst()
                        .orElse(0)
                : fromRoute(member, places);
    }

    private int fromRoute(Declared member, int places) {
        return IntStream.rangeClosed(1, places)
                .filter(k -> pool.route(k).equals(member.option("route")))
                .findFirst()
                .orElse(-1);
    }

    private int port(Declared member, int index) {
        boolean ajp = member.scheme().equals("ajp");
        return ajp && !pool.hasAjp() ? -1 : ajp ? pool.ajpPort(index) : pool.httpPort(index);
    }

    private void socket(Declared member, int places) {
        int index = index(member, places);
        if (index <= 0 || !member.isHere(pool)) {
            return;
        }
        Path wanted =
                pool.socket(member.scheme().equals("ajp") ? Protocol.AJP : Protocol.HTTP, index);
        String path = wanted == null ? "" : wanted.toString();
        if (!member.socket().equals(path)) {
            findings.add(
                    FindingKind.SOCKET.at(
                            member.place(),
                            member.url()
                                    + ": "
                                    + "%s, the pool has %s (pool.sockets)"
                                            .formatted(
                                                    member.socket().isEmpty()
                                                            ? "over TCP"
                                                            : "over unix:" + member.socket(),
                                                    path.isEmpty() ? "no sockets" : "unix:" + path),
                            member.socket().isEmpty()
                                    ? "It works, and costs both sides more CPU."
                                    : "httpd connects to a socket that no member has: 503.",
                            path.isEmpty()
                                    ? "BalancerMember " + member.url() + " ..."
                                    : "BalancerMember unix:" + path + "|" + member.url() + " ..."));
        }
    }

    private void undeclared(HttpdBalancer front) {
        Set<Integer> seen =
                front.members().stream()
                        .map(member -> index(member, pool.members()))
                        .collect(Collectors.toSet());
        List<String> missing =
                IntStream.rangeClosed(1, pool.members())
                        .filter(k -> !seen.contains(k))
                        .mapToObj(pool::route)
                        .toList();
        if (!missing.isEmpty()
                && front.members().stream().allMatch(member -> member.isHere(pool))) {
            findings.add(
                    FindingKind.MEMBER_UNDECLARED.at(
                            front.place(),
                            "balancer://%s lacks %s of the pool's members"
                                    .formatted(front.name(), String.join(", ", missing)),
                            "They run and get no request.",
                            "one BalancerMember for each, as java -jar backend.jar conf apache"
                                    + " prints"));
        }
    }

    private void times(Declared member) {
        double idle = config.limits().idleTimeout().toMillis() / 1000.0;
        double ttl = member.seconds("ttl");
        if (ttl <= 0 || ttl >= idle) {
            add(
                    FindingKind.TTL,
                    member,
                    "%s, the pool closes idle connections after %.0f s (limits.idle-timeout)"
                            .formatted(ttl <= 0 ? "no ttl" : "ttl=" + member.option("ttl"), idle),
                    "ttl=" + Link.ttl(config));
        }
        long allowed = Link.timeout(config.limits());
        double timeout = timeout(member);
        double own = config.limits().requestTimeout().toMillis() / 1000.0;
        if (timeout <= own) {
            add(
                    FindingKind.TIMEOUT,
                    member,
                    "httpd gives up after %.0f s, the pool allows a request %.0f s"
                                    .formatted(timeout, own)
                            + " (limits.request-timeout)",
                    "timeout=" + allowed);
        }
    }

    /** The member's own, else ProxyTimeout, else Timeout, as httpd looks for it. */
    private double timeout(Declared member) {
        double own = member.seconds("timeout");
        if (own > 0) {
            return own;
        }
        double proxy =
                httpd.all("proxytimeout")
                        .mapToDouble(it -> Seconds.parse(it.argument(0)))
                        .min()
                        .orElse(-1);
        return proxy > 0
                ? proxy
                : httpd.last("timeout").map(it -> Seconds.parse(it.argument(0))).orElse(60.0);
    }

    private void keeping(Declared member, boolean joined) {
        boolean spare = joined && member.option("status").contains("D"); // the pool sets its check
        if (!spare && !member.has("hcmethod") && !member.has("hctemplate")) {
            add(
                    FindingKind.HCHECK,
                    member,
                    "no health check",
                    member.scheme().equals("ajp")
                            ? "hcmethod=CPING hcinterval=1 hcpasses=1 hcfails=1"
                            : check(HttpdCheck.of(config)));
        }
        if (member.option("disablereuse").equalsIgnoreCase("on")) {
            add(
                    FindingKind.DISABLEREUSE,
                    member,
                    "disablereuse=On",
                    "take disablereuse=On out, and say ttl=" + Link.ttl(config));
        }
    }

    private static String check(HttpdCheck check) {
        return "hcmethod=" + (check.path() == null ? "TCP " : "GET11 ") + check.options();
    }

    private void secret(Declared member) {
        String define = "secret=${BACKPOOL_AJP_SECRET}";
        String include = define + " and Include \"" + pool.ajpSecretConf() + "\" before it";
        if (!member.has("secret")) {
            add(FindingKind.AJP_SECRET_MISSING, member, "no secret", include);
        } else if (secret != null && !member.option("secret").equals(secret)) {
            add(
                    FindingKind.AJP_SECRET_DIFFERENT,
                    member,
                    "its secret (SHA-256 begins with %s) is not the one in %s (%s)"
                            .formatted(
                                    AjpSecret.fingerprint(member.option("secret")),
                                    pool.ajpSecretPath(),
                                    AjpSecret.fingerprint(secret)),
                    include + ", then reload httpd");
        }
    }

    private void tls(Declared member, int places) {
        boolean isTls = member.scheme().equals("https");
        if (index(member, places) > 0 && isTls != (pool.tls() != null)) {
            add(
                    FindingKind.MEMBER_TLS,
                    member,
                    isTls
                            ? "httpd speaks TLS, the member does not (pool.tls)"
                            : "httpd speaks without TLS, the member with it (pool.tls)",
                    "BalancerMember %s://%s:%d ... and what else java -jar backend.jar conf apache"
                                    .formatted(
                                            isTls ? "http" : "https", member.host(), member.port())
                            + " prints");
        }
    }

    private void answerHead(Declared member) {
        double size = Math.max(8192, Seconds.parse(member.option("responsefieldsize")));
        if (size < config.limits().headerSize()) {
            add(
                    FindingKind.RESPONSE_FIELD_SIZE,
                    member,
                    "httpd takes response headers of %.0f bytes, the pool sends up to %d"
                                    .formatted(size, config.limits().headerSize())
                            + " (limits.header-size)",
                    "responsefieldsize=" + config.limits().headerSize());
        }
    }

    private void add(FindingKind kind, Declared member, String what, String remedy) {
        findings.add(kind.at(member.place(), member.url() + ": " + what, remedy));
    }
}
