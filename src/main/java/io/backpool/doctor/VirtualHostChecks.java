package io.backpool.doctor;

import io.backpool.config.Config;
import io.backpool.config.TrustConfig.Forwarded;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** What a client may say of itself at the virtual hosts that lead to the pool. */
final class VirtualHostChecks {
    static final List<String> TLS =
            List.of(
                    "SSL_CLIENT_CERT",
                    "SSL_CIPHER",
                    "SSL_PROTOCOL",
                    "SSL_SESSION_ID",
                    "SSL_CIPHER_USEKEYSIZE");
    private static final List<String> X_FORWARDED =
            List.of("X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Port");

    private final HttpdConfig httpd;
    private final boolean xForwarded;

    VirtualHostChecks(Config config, HttpdConfig httpd) {
        this.httpd = httpd;
        this.xForwarded = config.trust().forwarded() == Forwarded.X_FORWARDED;
    }

    /** Over AJP a client's headers say nothing: the facts are attributes, out of its reach. */
    List<Finding> examine(HttpdBalancer front) {
        List<Finding> findings = new ArrayList<>();
        if (front.members().isEmpty() || !front.members().stream().allMatch(this::isAjp)) {
            front.virtualHosts().forEach(virtualHost -> examine(virtualHost, findings));
        }
        return findings;
    }

    private boolean isAjp(HttpdBalancer.Declared member) {
        return member.scheme().equals("ajp");
    }

    private void examine(Directive virtualHost, List<Finding> findings) {
        String where =
                virtualHost.is("virtualhost")
                        ? "<VirtualHost " + String.join(" ", virtualHost.arguments()) + ">"
                        : "the main server";
        List<String> open =
                Stream.concat(TLS.stream(), forwarded())
                        .filter(it -> !isTaken(virtualHost, it))
                        .toList();
        if (!open.isEmpty()) {
            findings.add(
                    FindingKind.SPOOFABLE_HEADER.at(
                            virtualHost.place(),
                            where + " passes on what clients send of " + String.join(", ", open),
                            "The pool believes them, since httpd is a trusted proxy: a client may"
                                    + " forge its address or certificate.",
                            "RequestHeader unset " + String.join("; RequestHeader unset ", open)));
        }
        if (xForwarded && !isTaken(virtualHost, "X-Forwarded-Proto")) {
            boolean tls =
                    virtualHost.inside().stream()
                            .anyMatch(
                                    it ->
                                            it.is("sslengine")
                                                    && !it.argument(0).equalsIgnoreCase("off"));
            findings.add(
                    FindingKind.FORWARDED_PROTO.at(
                            virtualHost.place(),
                            where + (tls ? ", with TLS," : "") + " does not set X-Forwarded-Proto",
                            "mod_proxy does not say it: the application makes http:// links and"
                                    + " insecure cookies, or believes a client's own word.",
                            "RequestHeader set X-Forwarded-Proto \"expr=%{REQUEST_SCHEME}\""));
        }
    }

    private Stream<String> forwarded() {
        return xForwarded ? X_FORWARDED.stream() : Stream.of("Forwarded");
    }

    /** Removed or overwritten for every request, there or for the whole server. */
    private boolean isTaken(Directive virtualHost, String header) {
        return Stream.concat(httpd.directives().stream(), virtualHost.inside().stream())
                .flatMap(VirtualHostChecks::everywhere)
                .filter(it -> it.is("requestheader"))
                .filter(it -> it.argument(1).equalsIgnoreCase(header))
                .anyMatch(VirtualHostChecks::isForAll);
    }

    /** A section for every path holds for all. */
    private static Stream<Directive> everywhere(Directive line) {
        boolean all = line.is("location") && line.argument(0).equals("/");
        return all ? line.inside().stream() : Stream.of(line);
    }

    /** Without a condition after it. */
    private static boolean isForAll(Directive header) {
        boolean unset = header.argument(0).equalsIgnoreCase("unset");
        boolean set = header.argument(0).equalsIgnoreCase("set");
        String condition = header.argument(unset ? 2 : 3);
        return (unset || set) && (condition.isEmpty() || condition.equalsIgnoreCase("early"));
    }
}
