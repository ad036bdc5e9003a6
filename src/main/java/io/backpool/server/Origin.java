package io.backpool.server;

import io.backpool.config.NumericAddress;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * What trusted proxies say of the client's own request. What they don't say, or say in a form that
 * is not allowed, is null. Filled and read by the one thread that handles the request.
 */
final class Origin {
    private static final int LONGEST_NAME = 255;
    private static final int SHORTEST_IPV6 = "[::]".length();
    private static final int LONGEST_IPV6 = 47;
    private static final int NO_PORT = -1;

    @Nullable InetSocketAddress client;
    @Nullable String scheme;
    @Nullable String host;
    int port = NO_PORT;
    boolean malformed;

    /** Takes {@code http} or {@code https}. */
    void scheme(String value) {
        if (value.equalsIgnoreCase("https")) {
            scheme = "https";
        } else if (value.equalsIgnoreCase("http")) {
            scheme = "http";
        } else {
            malformed = true;
        }
    }

    /** Takes what a Host header may hold. */
    void host(String value) {
        int colon = value.indexOf(':', value.indexOf(']') + 1);
        boolean isHost =
                colon < 0
                        ? isName(value, value.length())
                        : isName(value, colon) && port(value.substring(colon + 1)) != NO_PORT;
        if (isHost) {
            host = value;
        } else {
            malformed = true;
        }
    }

    /** Without a pattern, which each request that httpd forwards would pay for. */
    private static boolean isName(String value, int end) {
        return value.startsWith("[")
                ? end >= SHORTEST_IPV6
                        && end <= LONGEST_IPV6
                        && value.charAt(end - 1) == ']'
                        && holds(value, 1, end - 1, 'f', ":.")
                : end >= 1 && end <= LONGEST_NAME && holds(value, 0, end, 'z', "._-");
    }

    /** Whether nothing but digits, letters up to this one, and these marks stand there. */
    private static boolean holds(String value, int start, int end, char lastLetter, String marks) {
        for (int i = start; i < end; i++) {
            char one = value.charAt(i);
            boolean isDigit = one >= '0' && one <= '9';
            boolean isLetter = (one | ' ') >= 'a' && (one | ' ') <= lastLetter;
            if (!isDigit && !isLetter && marks.indexOf(one) < 0) {
                return false;
            }
        }
        return true;
    }

    void port(int value) {
        if (value == NO_PORT) {
            malformed = true;
        } else {
            port = value;
        }
    }

    /**
     * The Host header that the client's request had or amounts to: a port of its own goes before
     * one that was recognised.
     *
     * @param present the Host header of the proxy's request
     * @param settled the scheme of the client's request
     */
    @Nullable String hostHeader(@Nullable String present, String settled) {
        String name = host == null ? present : host;
        if (name == null || port == NO_PORT || name.lastIndexOf(':') > name.lastIndexOf(']')) {
            return name;
        }
        boolean isDefault = port == (settled.equals("https") ? 443 : 80);
        return isDefault ? name : name + ":" + port;
    }

    /** The port that {@code text} names, 1 to 65535; -1 if it is none. */
    static int port(String text) {
        if (text.isEmpty() || text.length() > 5) {
            return NO_PORT;
        }
        int port = 0;
        for (int i = 0; i < text.length(); i++) {
            int digit = text.charAt(i) - '0';
            if (digit < 0 || digit > 9) {
                return NO_PORT;
            }
            port = port * 10 + digit;
        }
        return port >= 1 && port <= 65_535 ? port : NO_PORT;
    }

    /**
     * Reads {@code 192.0.2.1}, {@code 192.0.2.1:8080}, {@code 2001:db8::1}, {@code [2001:db8::1]}
     * or {@code [2001:db8::1]:8080}; without a port it is 0. Null for anything else.
     */
    static @Nullable InetSocketAddress address(String text) {
        String host = text;
        int port = 0;
        int colon = text.lastIndexOf(':');
        if (text.startsWith("[")) {
            int end = text.indexOf(']');
            if (end < 0
                    || text.indexOf(':') > end
                    || (end + 1 < text.length() && colon != end + 1)) {
                return null;
            }
            host = text.substring(1, end);
            port = colon > end ? port(text.substring(colon + 1)) : 0;
        } else if (colon >= 0 && colon == text.indexOf(':')) {
            host = text.substring(0, colon);
            port = port(text.substring(colon + 1));
        }
        InetAddress address = port == NO_PORT ? null : NumericAddress.parse(host);
        return address == null ? null : new InetSocketAddress(address, port);
    }
}
