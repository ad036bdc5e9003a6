package io.backpool.config;

import java.net.InetAddress;

/**
 * A network such as {@code 127.0.0.0/8}, or one address.
 *
 * @param prefix bits that an address of the network shares with {@code network}
 */
public record Cidr(InetAddress network, int prefix) {
    public Cidr {
        byte[] bits = network.getAddress();
        if (prefix < 0 || prefix > bits.length * 8) {
            throw new IllegalArgumentException();
        }
        for (int bit = prefix; bit < bits.length * 8; bit++) {
            if ((bits[bit / 8] & (0x80 >> bit % 8)) != 0) {
                throw new IllegalArgumentException();
            }
        }
    }

    /**
     * Reads {@code 10.0.0.0/8}, {@code fd00::/8} or an address alone.
     *
     * @throws IllegalArgumentException for anything else, a network with bits beyond its prefix too
     */
    public static Cidr parse(String text) {
        int slash = text.indexOf('/');
        InetAddress network = NumericAddress.parse(slash < 0 ? text : text.substring(0, slash));
        if (network == null) {
            throw new IllegalArgumentException();
        }
        return new Cidr(
                network,
                slash < 0
                        ? network.getAddress().length * 8
                        : Integer.parseUnsignedInt(text.substring(slash + 1)));
    }

    /** Whether {@code address} belongs to it; IPv4 and IPv6 never mix. */
    public boolean contains(InetAddress address) {
        byte[] ours = network.getAddress();
        byte[] theirs = address.getAddress();
        if (ours.length != theirs.length) {
            return false;
        }
        int whole = prefix / 8;
        for (int i = 0; i < whole; i++) {
            if (ours[i] != theirs[i]) {
                return false;
            }
        }
        int rest = prefix % 8;
        return rest == 0 || (ours[whole] ^ theirs[whole]) >> (8 - rest) == 0;
    }

    @Override
    public String toString() {
        return network.getHostAddress() + "/" + prefix;
    }
}
