package io.backpool.proxyconf;

import io.backpool.config.Cidr;
import java.net.URI;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Where balancer-manager listens, and who may use it. */
final class ManagerSite {
    private ManagerSite() {}

    static String address(FrontEnd frontEnd, URI manager) {
        return frontEnd.managerAllow().isEmpty() ? "127.0.0.1" : manager.getHost();
    }

    /** Directives that all must hold. */
    static String require(FrontEnd frontEnd) {
        return frontEnd.managerAllow().isEmpty()
                ? "Require local"
                : "# Who comes from there can take members out: no password, no TLS.\nRequire ip "
                        + frontEnd.managerAllow().stream()
                                .map(Cidr::toString)
                                .collect(Collectors.joining(" "));
    }

    /** Names that it may be called by, as a pattern. */
    static String names(FrontEnd frontEnd, URI manager) {
        Stream<String> names =
                frontEnd.managerAllow().isEmpty()
                        ? Stream.of("127.0.0.1", "localhost")
                        : Stream.of(manager.getHost());
        return names.map(name -> name.replaceAll("[.\\[\\]]", "\\\\$0"))
                .collect(Collectors.joining("|"));
    }
}
