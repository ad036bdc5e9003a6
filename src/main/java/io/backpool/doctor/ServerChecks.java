package io.backpool.doctor;

import io.backpool.config.Config;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** What a balancer and its server say: version, modules, sizes, stickiness, membership. */
final class ServerChecks {
    static final String DECLARE =
            "java -jar backend.jar conf apache prints a place for each member";

    /** The first with {@code secret=}. */
    private static final int AJP_SECRET = 42;

    private final Config config;
    private final HttpdConfig httpd;
    private final List<Finding> findings = new ArrayList<>();

    ServerChecks(Config config, HttpdConfig httpd) {
        this.config = config;
        this.httpd = httpd;
    }

    List<Finding> examine(HttpdBalancer front) {
        modules(front);
        if (!front.isDeclared()) {
            add(
                    FindingKind.BALANCER_MISSING,
                    "",
                    "httpd has no balancer://" + front.name(),
                    "the output of java -jar backend.jar conf apache");
            return findings;
        }
        if (front.speaks("ajp")) {
            ajp(front);
        }
        sticky(front);
        nonce(front);
        membership(front);
        return findings;
    }

    /** What uses a module that is not there is refused by httpd itself, and reported so. */
    private void modules(HttpdBalancer front) {
        Map<String, String> needed = new LinkedHashMap<>();
        Stream.of("proxy", "proxy_balancer", "slotmem_shm")
                .forEach(name -> needed.put(name, "without it there is no balancer."));
        needed.put("proxy_hcheck", "without it httpd finds a lost member by failing requests.");
        needed.put("headers", "without it clients say who they are.");
        if (front.speaks("https")) {
            needed.put("ssl", "without it each request for a member is a 500.");
        }
        if (front.joined() || front.speaks("http") || front.speaks("https") || front.speaks("ws")) {
            needed.put("proxy_http", "without it each request for a member is a 500.");
        }
        if (front.speaks("ajp")) {
            needed.put("proxy_ajp", "without it each request for a member is a 500.");
        }
        if (front.speaks("h2c")) {
            needed.put("proxy_http2", "without it each request for a member is a 500.");
        }
        needed.forEach(
                (name, why) -> {
                    if (!httpd.modules().contains(name)) {
                        findings.add(
                                FindingKind.MODULE_MISSING.at(
                                        "",
                                        "mod_" + name + " is not loaded",
                                        "httpd knows the pool by it: " + why,
                                        "LoadModule %1$s_module modules/mod_%1$s.so (Debian: a2enmod %1$s)"
                                                .formatted(name)));
                    }
                });
    }

    private void ajp(HttpdBalancer front) {
        String[] version = httpd.version().split("\\.");
        if (version.length == 3
                && version[1].equals("4")
                && Integer.parseInt(version[2]) < AJP_SECRET) {
            add(
                    FindingKind.HTTPD_TOO_OLD,
                    "",
                    "httpd " + httpd.version() + " has no secret= for AJP members",
                    "httpd 2.4.42 or later, or BalancerMember http://... instead");
        }
        Optional<Directive> size = httpd.last("proxyiobuffersize");
        int bytes = size.map(it -> (int) Seconds.parse(it.argument(0))).orElse(8192);
        if (bytes != config.limits().headerSize()) {
            add(
                    FindingKind.AJP_PACKET_SIZE,
                    size.map(Directive::place).orElse(front.place()),
                    "httpd's AJP packets are of %d bytes, the pool's of %d (limits.header-size)"
                            .formatted(bytes, config.limits().headerSize()),
                    "ProxyIOBufferSize " + config.limits().headerSize());
        }
        boolean keepsLengths =
                httpd.all("setenv").anyMatch(it -> it.argument(0).equals("ap_trust_cgilike_cl"));
        if (!keepsLengths) {
            add(
                    FindingKind.AJP_CONTENT_LENGTH,
                    front.place(),
                    "httpd drops Content-Length from every answer over AJP",
                    "SetEnv ap_trust_cgilike_cl 1, where ProxyPass is");
        }
    }

    private void sticky(HttpdBalancer front) {
        String cookie = config.sessions().cookie();
        String said = front.setting("stickysession");
        if (!said.split("\\|")[0].equals(cookie)) {
            add(
                    FindingKind.STICKYSESSION,
                    front.place("stickysession"),
                    (said.isEmpty() ? "no stickysession" : "stickysession=" + said)
                            + ", the pool's cookie is "
                            + cookie
                            + " (sessions.cookie)",
                    "ProxySet stickysession=%s|jsessionid scolonpathdelim=On".formatted(cookie));
        }
    }

    private void nonce(HttpdBalancer front) {
        if (front.setting("nonce").equalsIgnoreCase("none")) {
            findings.add(noNonce(front.place("nonce"), front.name()));
        }
    }

    static Finding noNonce(String place, String name) {
        return FindingKind.NONCE.at(
                place,
                "balancer://" + name + " has nonce=None",
                "take nonce=None out of ProxySet or ProxyPass");
    }

    private void membership(HttpdBalancer front) {
        Optional<Directive> persist = httpd.last("balancerpersist");
        boolean on = persist.filter(it -> it.argument(0).equalsIgnoreCase("on")).isPresent();
        String place = persist.map(Directive::place).orElse(front.place());
        if (front.joined()) {
            places(front);
            copies(front);
            if (!on) {
                findings.add(
                        FindingKind.BALANCER_PERSIST.at(
                                place,
                                "BalancerPersist is Off, and members join",
                                "Each graceful restart of httpd forgets who joined, serves or is"
                                        + " drained: 503.",
                                "BalancerPersist On"));
            }
        } else if (on) {
            findings.add(
                    FindingKind.BALANCER_PERSIST.at(
                            place,
                            "BalancerPersist is On, and members are declared",
                            "What was persisted wins over every change of this file, even after a"
                                    + " restart.",
                            "BalancerPersist Off"));
        }
    }

    /** mod_proxy merges its settings, balancers included, into a host that has any of its own. */
    private void copies(HttpdBalancer front) {
        for (Directive virtualHost : front.virtualHosts()) {
            Stream.of(virtualHost)
                    .filter(it -> it.is("virtualhost"))
                    .flatMap(Directive::all)
                    .filter(it -> it.name().startsWith("proxy"))
                    .findFirst()
                    .ifPresent(
                            it ->
                                    add(
                                            FindingKind.VHOST_COPY,
                                            it.place(),
                                            it.name()
                                                    + " in a <VirtualHost> that leads to"
                                                    + " balancer://"
                                                    + front.name(),
                                            "RewriteRule \"^/(.*)$\" \"balancer://%s/$1\" [P] instead, ProxyTimeout and <Proxy> outside"
                                                    .formatted(front.name())));
        }
    }

    private void places(HttpdBalancer front) {
        int growth = Math.max(0, (int) Seconds.parse(front.setting("growth")));
        int places = front.members().size() + growth;
        if (places < config.pool().members()) {
            add(
                    FindingKind.PLACES,
                    front.place("growth"),
                    "%d members are declared and growth=%d, the pool has %d"
                            .formatted(front.members().size(), growth, config.pool().members()),
                    DECLARE);
        }
    }

    private void add(FindingKind kind, String where, String what, String remedy) {
        findings.add(kind.at(where, what, remedy));
    }
}
