package io.backpool.config;

import java.net.URI;
import java.nio.file.Path;
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

    /** What people call this front end by: {@code 127.0.0.1:9980/app}. No two have the same. */
    public String label() {
        return manager.getAuthority() + "/" + name;
    }

    /**
     * What stands before {@code ://} in a member's name. {@code ws} for one that joins over HTTP:
     * httpd speaks HTTP with it as with any other, and lets WebSocket through besides, for which a
     * declared member has {@code upgrade=websocket} and an added one can't be given it.
     */
    public String scheme() {
        return protocol == Protocol.HTTP && membership == Membership.JOIN
                ? "ws"
                : protocol.name().toLowerCase(Locale.ROOT);
    }

    /** What httpd speaks with a member. */
    public enum Protocol {
        HTTP,
        AJP,
        H2C
    }

    /** Who tells httpd that a member exists. */
    public enum Membership {
        /** httpd's configuration; the pool enables, drains and weighs. */
        STATIC,
        /** The pool; the balancer needs {@code ProxySet growth=N}. */
        JOIN
    }
}
