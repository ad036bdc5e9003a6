package io.backpool.config;

import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * One httpd in front of the pool.
 *
 * @param manager address of its balancer-manager, such as {@code
 *     http://127.0.0.1:9980/balancer-manager}; an https one is trusted if Java's trust store does
 *     ({@code -Djavax.net.ssl.trustStore=FILE} for a certificate of one's own)
 * @param name of the balancer in httpd, without {@code balancer://}
 * @param user for basic authentication; null: none
 * @param passwordFile null: none; readable by its owner or group only
 */
public record BalancerConfig(
        URI manager,
        String name,
        Protocol protocol,
        Membership membership,
        @Nullable String user,
        @Nullable Path passwordFile) {
    static final Key<List<String>> BALANCERS =
            new Key<>(
                    "balancers",
                    ValueType.BALANCERS,
                    null,
                    "The httpd front ends; absent: httpd is left alone.");

    /** What each of the {@link #BALANCERS} may say. */
    static final KeyList KEYS = new KeyList();

    static final Key<URI> MANAGER =
            KEYS.add("balancers.manager", ValueType.MANAGER_URL, null, "httpd's balancer-manager.");
    static final Key<String> NAME =
            KEYS.add(
                    "balancers.name",
                    ValueType.SAFE_NAME,
                    null,
                    "balancer://NAME; absent: pool.name.");
    static final Key<Protocol> PROTOCOL =
            KEYS.add(
                    "balancers.protocol",
                    ValueType.choice(Protocol.class),
                    "http",
                    "What this httpd speaks with members.");
    static final Key<Membership> MEMBERSHIP =
            KEYS.add(
                    "balancers.membership",
                    ValueType.choice(Membership.class),
                    "static",
                    "static: httpd declares the members; join: the pool takes or adds places.");
    static final Key<String> USER =
            KEYS.add("balancers.user", ValueType.TEXT, null, "For basic authentication.");
    static final Key<Path> PASSWORD_FILE =
            KEYS.add(
                    "balancers.password-file",
                    ValueType.PATH,
                    null,
                    "File with the user's password, not readable by others.");

    /** What people call this front end by: {@code 127.0.0.1:9980/app}. No two have the same. */
    public String label() {
        return manager.getAuthority() + "/" + name;
    }

    /** Whether the pool sees to it that its members are there. */
    public boolean isJoined() {
        return membership == Membership.JOIN;
    }

    /** Whether this httpd can reach unix sockets: its manager is on the loopback interface. */
    public boolean isOnThisHost() {
        return NumericAddress.isLoopback(manager.getHost());
    }

    /** What httpd speaks with a member. */
    public enum Protocol {
        /** HTTP/1.1: the only one that carries WebSocket. */
        HTTP,
        /** AJP/1.3: client address, TLS facts and user arrive out of a client's reach. */
        AJP,
        /** HTTP/2 without TLS, on the members' HTTP port. */
        H2C;

        /** As people write it, such as {@code HTTP/1.1}. */
        public String label() {
            return switch (this) {
                case HTTP -> "HTTP/1.1";
                case AJP -> "AJP/1.3";
                case H2C -> "HTTP/2 without TLS (h2c)";
            };
        }

        /** What stands before {@code ://} in a member's URL. */
        String scheme() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Who tells httpd that a member exists. */
    public enum Membership {
        /** httpd's configuration; the pool enables, drains and weighs. */
        STATIC,
        /**
         * The pool: in the places that httpd declares for it, else in {@code ProxySet growth=N}.
         */
        JOIN
    }
}
