package io.backpool.proxyconf;

import io.backpool.config.BalancerConfig.Protocol;
import io.backpool.config.Cidr;
import io.backpool.config.Config;
import io.backpool.config.IdentityConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What httpd's vhost says of the client: user, address and scheme. */
final class ApacheIdentity {
    private static final String USER_HEADER = "X-Remote-User";

    private ApacheIdentity() {}

    /** Modules that it needs besides. */
    static List<String> modules(FrontEnd frontEnd) {
        List<String> modules = new ArrayList<>();
        if (!frontEnd.behind().isEmpty()) {
            modules.addAll(List.of("remoteip", "setenvif"));
        }
        if (frontEnd.auth() && frontEnd.protocol() == Protocol.AJP) {
            modules.add("env");
        }
        return modules;
    }

    /** Alternatives of a pattern: headers that no client may have removed by naming them. */
    static String headers(Config config, FrontEnd frontEnd) {
        return frontEnd.auth() ? "|x-remote-|" + userHeader(config) : "";
    }

    static String user(Config config, FrontEnd frontEnd) {
        if (!frontEnd.auth()) {
            return "";
        }
        List<String> attributes = config.trust().identity().attributes();
        boolean isAjp = frontEnd.protocol() == Protocol.AJP;
        return Template.fill(
                USER,
                Map.of(
                        "header",
                        userHeader(config),
                        "unset",
                        lines(attributes, "RequestHeader unset %1$s"),
                        "set",
                        lines(attributes, "RequestHeader set %1$s \"expr=%%{reqenv:%2$s}\""),
                        "mark",
                        isAjp && !attributes.isEmpty()
                                ? "SetEnv AJP_BACKPOOL_IDENTITY headers"
                                : ""));
    }

    private static String userHeader(Config config) {
        return Objects.requireNonNullElse(config.trust().identity().userHeader(), USER_HEADER);
    }

    private static String lines(List<String> attributes, String line) {
        return attributes.stream()
                .map(name -> line.formatted(IdentityConfig.attributeHeader(name), name))
                .collect(Collectors.joining("\n"));
    }

    /** Where the client's address comes from: the connection, or what is in front of httpd. */
    static String address(FrontEnd frontEnd) {
        List<Cidr> behind = frontEnd.behind();
        return behind.isEmpty()
                ? ""
                : Template.fill(
                        BEHIND,
                        Map.of(
                                "networks",
                                spaced(behind.stream()),
                                "condition",
                                behind.stream()
                                        .map("%%{CONN_REMOTE_ADDR} -ipmatch '%s'"::formatted)
                                        .collect(Collectors.joining(" || "))));
    }

    static String scheme(FrontEnd frontEnd) {
        return frontEnd.behind().isEmpty()
                ? ""
                : "RequestHeader set X-Forwarded-Proto https env=AJP_BACKPOOL_SCHEME";
    }

    private static String spaced(Stream<Cidr> networks) {
        return networks.map(Cidr::toString).collect(Collectors.joining(" "));
    }

    private static final String USER =
            """
            # Who the user is: %{REMOTE_USER}, and variables of the authentication module. The pool believes
            # these with identity.user-header: @header@ and the names in identity.attributes.
            RequestHeader unset @header@
            @unset@
            RequestHeader set @header@ "expr=%{REMOTE_USER}"
            @set@
            @mark@
            """;

    private static final String BEHIND =
            """
            # These stand in front of httpd: the client's address is what they say in X-Forwarded-For, and
            # its scheme in X-Forwarded-Proto.
            RemoteIPHeader X-Forwarded-For
            RemoteIPInternalProxy @networks@
            SetEnvIfExpr "(@condition@) && %{HTTP:X-Forwarded-Proto} =~ /^https$/i" AJP_BACKPOOL_SCHEME=https
            """;
}
