package io.backpool.doctor;

import io.backpool.config.Config;
import io.backpool.config.TrustConfig.Forwarded;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Goes a client's way, with a client's lies: what the showcase's {@code /whoami} then believes is
 * what every application would. Used by one thread.
 */
final class PublicUrl {
    /** Belongs to no host (RFC 5737). */
    private static final String FORGED = "192.0.2.1";

    private static final int TRIES = 8;

    private final Config config;
    private final URI base;
    private final Probe probe;
    private final List<Finding> findings = new ArrayList<>();

    PublicUrl(Config config, URI url, @Nullable SSLContext tls) {
        this.config = config;
        this.probe = new Probe(tls);
        this.base = url.getPath().endsWith("/") ? url : URI.create(url + "/");
    }

    List<Finding> examine(List<String> leftOut) {
        try {
            HttpResponse<String> answer = probe.get(base.resolve("whoami"), lies());
            JsonNode seen = probe.json(answer);
            int status = answer.statusCode();
            boolean ours = answer.headers().firstValue("X-Request-ID").isPresent();
            if (seen.has("clientAddress") && seen.has("scheme")) {
                believed(seen);
                sticky();
            } else if (!ours && status >= 500) {
                noMember(status);
            } else if (!ours && (status == 200 || status == 404)) {
                elsewhere(status);
            } else {
                leftOut.add(
                        "what is believed of clients: %s answers %d, and no /whoami of the showcase%s"
                                .formatted(
                                        base.resolve("whoami"),
                                        status,
                                        answer.headers()
                                                .firstValue("location")
                                                .map(to -> "; it leads to " + to)
                                                .orElse("")));
            }
        } catch (IOException e) {
            add(
                    FindingKind.URL_UNREACHABLE,
                    "no answer: " + (e.getMessage() == null ? e : e.getMessage()),
                    "httpd must run and listen there; a certificate of one's own needs"
                            + " --cacert FILE");
        }
        return findings;
    }

    private String[] lies() {
        String other = base.getScheme().equals("https") ? "http" : "https";
        return config.trust().forwarded() == Forwarded.X_FORWARDED
                ? new String[] {"X-Forwarded-For", FORGED, "X-Forwarded-Proto", other}
                : new String[] {"Forwarded", "for=%s;proto=%s".formatted(FORGED, other)};
    }

    private void noMember(int status) {
        add(
                FindingKind.URL_NO_MEMBER,
                "httpd answers " + status,
                "what else doctor found; java -jar backend.jar status");
    }

    /** Every answer of a member has a request id. */
    private void elsewhere(int status) {
        add(
                FindingKind.URL_ELSEWHERE,
                "who answers %d there is not the pool".formatted(status),
                "ProxyPass \"/\" \"balancer://%s/\" in the <VirtualHost> of that address and name"
                        .formatted(config.pool().name()));
    }

    private void believed(JsonNode seen) {
        if (seen.get("clientAddress").asString().equals(FORGED)) {
            findings.add(
                    FindingKind.SPOOFABLE_HEADER.at(
                            base.toString(),
                            "a client that said it was %s was believed".formatted(FORGED),
                            "Anyone may take any address, in logs and wherever addresses decide.",
                            "RequestHeader unset "
                                    + String.join("; RequestHeader unset ", names())));
        }
        String scheme = seen.get("scheme").asString();
        if (!scheme.equals(base.getScheme())) {
            findings.add(
                    FindingKind.FORWARDED_PROTO.at(
                            base.toString(),
                            "the application believes that the client came by %s".formatted(scheme),
                            "It makes links and cookies for that.",
                            "RequestHeader set X-Forwarded-Proto \"expr=%{REQUEST_SCHEME}\""));
        }
    }

    private List<String> names() {
        return config.trust().forwarded() == Forwarded.X_FORWARDED
                ? List.of("X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Port")
                : List.of("Forwarded");
    }

    /** A session must lead to its own member each time. */
    private void sticky() throws IOException {
        String cookie =
                probe.get(base.resolve("session"))
                        .headers()
                        .firstValue("set-cookie")
                        .map(value -> value.split(";", 2)[0])
                        .orElse("");
        String route = cookie.substring(cookie.lastIndexOf('.') + 1);
        if (!cookie.startsWith(config.sessions().cookie() + "=") || route.isEmpty()) {
            return;
        }
        for (int i = 0; i < TRIES; i++) {
            JsonNode seen = probe.json(probe.get(base.resolve("whoami"), "Cookie", cookie));
            String went = seen.path("route").asString("");
            if (!went.equals(route)) {
                add(
                        FindingKind.STICKYSESSION,
                        "a session of %s was sent to %s".formatted(route, went),
                        "ProxySet stickysession=%s|jsessionid scolonpathdelim=On"
                                .formatted(config.sessions().cookie()));
                return;
            }
        }
    }

    private void add(FindingKind kind, String what, String remedy) {
        findings.add(kind.at(base.toString(), what, remedy));
    }
}
