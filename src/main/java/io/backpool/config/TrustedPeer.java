package io.backpool.config;

import org.jspecify.annotations.Nullable;

/**
 * Peers that are trusted proxies.
 *
 * @param network where they are; null: at the other end of the members' unix sockets, whose file
 *     mode says who may connect
 */
public record TrustedPeer(@Nullable Cidr network) {
    public static final TrustedPeer UNIX = new TrustedPeer(null);

    /**
     * Reads a network as {@link Cidr#parse} does, or {@code unix}.
     *
     * @throws IllegalArgumentException for anything else
     */
    static TrustedPeer parse(String text) {
        return text.equals("unix") ? UNIX : new TrustedPeer(Cidr.parse(text));
    }
}
