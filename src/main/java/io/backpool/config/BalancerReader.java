package io.backpool.config;

import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The part of {@link ConfigReader} that is about {@code balancers}. Used by its thread. */
final class BalancerReader {
    /** What each setting of a balancer begins with. */
    static final String ELEMENT = BalancerConfig.BALANCERS.name() + "[";

    private final Settings from;
    private final PoolConfig pool;

    BalancerReader(Settings from, PoolConfig pool) {
        this.from = from;
        this.pool = pool;
    }

    List<BalancerConfig> read() {
        List<BalancerConfig> balancers = new ArrayList<>();
        Set<String> known = new HashSet<>();
        int count = 0;
        while (from.firstOf(ELEMENT + count + "]").isPresent()) {
            String element = ELEMENT + count++ + "]";
            BalancerConfig balancer = balancer(element);
            if (balancer != null) {
                if (!known.add(balancer.label())) {
                    from.mistake(
                            BalancerConfig.MANAGER.of(element), "is there twice with this name");
                }
                balancers.add(balancer);
            }
        }
        checkAdvertised(balancers);
        return balancers;
    }

    private @Nullable BalancerConfig balancer(String element) {
        Key<URI> managerKey = BalancerConfig.MANAGER.of(element);
        if (!from.isSet(managerKey)) {
            String origin = from.firstOf(element).map(Setting::origin).orElse("");
            from.mistakes()
                    .add(origin + ": " + element + ": lacks its manager, " + managerKey.allowed());
            return null;
        }
        URI manager = from.valueOrNull(managerKey);
        String name = from.valueOrNull(BalancerConfig.NAME.of(element));
        var protocol = from.value(BalancerConfig.PROTOCOL.of(element));
        var membership = from.value(BalancerConfig.MEMBERSHIP.of(element));
        String user = from.valueOrNull(BalancerConfig.USER.of(element));
        Path passwordFile = from.valueOrNull(BalancerConfig.PASSWORD_FILE.of(element));
        checkProtocol(element, protocol, membership);
        checkPassword(element, user, passwordFile);
        checkManagerPort(managerKey, manager);
        return manager == null
                ? null
                : new BalancerConfig(
                        manager,
                        name == null ? pool.name() : name,
                        protocol,
                        membership,
                        user,
                        passwordFile);
    }

    private void checkProtocol(
            String element,
            BalancerConfig.Protocol protocol,
            BalancerConfig.Membership membership) {
        if (protocol == BalancerConfig.Protocol.H2C && pool.tls() != null) {
            from.mistake(
                    BalancerConfig.PROTOCOL.of(element),
                    "h2c is HTTP/2 without TLS, and the members speak TLS (pool.tls): say http");
        }
        if (protocol != BalancerConfig.Protocol.AJP) {
            return;
        }
        if (membership == BalancerConfig.Membership.JOIN) {
            from.mistake(
                    BalancerConfig.MEMBERSHIP.of(element),
                    "join is for http and h2c: httpd has no way to give a joined member the AJP"
                            + " secret, declare the members and say static");
        }
        if (!pool.hasAjp()) {
            from.mistake(
                    BalancerConfig.PROTOCOL.of(element), "ajp needs pool.ajp-port, which is 0");
        }
    }

    /** httpd and a member on one host can't both listen there. */
    private void checkManagerPort(Key<URI> key, @Nullable URI manager) {
        if (manager != null
                && (manager.getHost().equals("localhost")
                        || manager.getHost().equals(NumericAddress.host(pool.bind())))) {
            pool.memberAt(manager.getPort(), pool.members())
                    .ifPresent(
                            route ->
                                    from.mistake(
                                            key,
                                            "port %d is the one that member %s listens on"
                                                    .formatted(manager.getPort(), route)));
        }
    }

    private void checkAdvertised(List<BalancerConfig> balancers) {
        if (pool.bind().isAnyLocalAddress()
                && !from.isSet(PoolKeys.ADVERTISE)
                && balancers.stream().anyMatch(BalancerConfig::isJoined)) {
            from.mistake(
                    PoolKeys.ADVERTISE,
                    "is missing: pool.bind is every address (%s), and a balancer with membership join needs one that its httpd can reach"
                            .formatted(NumericAddress.write(pool.bind())));
        }
    }

    private void checkPassword(String element, @Nullable String user, @Nullable Path file) {
        Key<Path> key = BalancerConfig.PASSWORD_FILE.of(element);
        if (file == null) {
            if (user != null) {
                from.mistake(BalancerConfig.USER.of(element), "needs a password-file beside it");
            }
            return;
        }
        if (user == null) {
            from.mistake(key, "needs a user beside it");
        }
        from.checkSecret(key, file);
    }
}
