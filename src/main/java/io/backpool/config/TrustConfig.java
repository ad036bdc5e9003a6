package io.backpool.config;

import java.net.InetAddress;
import java.net.URI;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Whose word about a client is believed. What comes over AJP with the right secret always is.
 *
 * @param proxies the peers that are trusted
 * @param forwarded the one family of forwarding headers that they write
 * @param identity how they name the user
 * @param publicUrl scheme, host and port as all clients see them; null: as each request says
 */
public record TrustConfig(
        List<TrustedPeer> proxies,
        Forwarded forwarded,
        IdentityConfig identity,
        @Nullable URI publicUrl) {
    static final KeyList KEYS = new KeyList();

    static final Key<List<TrustedPeer>> TRUSTED_PROXIES =
            KEYS.add(
                    "trusted-proxies",
                    ValueType.listOf(ValueType.TRUSTED_PEER),
                    "127.0.0.0/8,::1/128,unix",
                    "Peers whose word about the client is believed, over HTTP; unix: who may"
                            + " connect to pool.sockets.");
    static final Key<Forwarded> FORWARDED_HEADER =
            KEYS.add(
                    "forwarded-header",
                    ValueType.choice(Forwarded.class),
                    "x-forwarded",
                    "The forwarding headers that they write; the other family is ignored.");

    static {
        KEYS.addAll(IdentityConfig.KEYS);
    }

    static final Key<URI> PUBLIC_URL =
            KEYS.add(
                    "public-url",
                    ValueType.PUBLIC_URL,
                    null,
                    "Scheme, host and port as all clients see them; absent: as each request says.");

    /** A family of forwarding headers; the other one is ignored. */
    public enum Forwarded {
        /** X-Forwarded-For, -Proto, -Host, -Port: what mod_proxy_http writes. */
        X_FORWARDED,
        /** Forwarded, RFC 7239. */
        RFC7239
    }

    public TrustConfig {
        proxies = List.copyOf(proxies);
    }

    /** Whether {@code address} is a trusted proxy's. */
    public boolean trusts(InetAddress address) {
        for (int i = 0; i < proxies.size(); i++) {
            Cidr network = proxies.get(i).network();
            if (network != null && network.contains(address)) {
                return true;
            }
        }
        return false;
    }

    /** Whether those who may connect to the members' unix sockets are trusted proxies. */
    public boolean trustsUnix() {
        return proxies.contains(TrustedPeer.UNIX);
    }

    static TrustConfig read(Settings from) {
        return new TrustConfig(
                from.value(TRUSTED_PROXIES),
                from.value(FORWARDED_HEADER),
                IdentityConfig.read(from),
                from.valueOrNull(PUBLIC_URL));
    }
}
