package io.backpool.proxyconf;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where clients reach the front end. A front end is public by nature, so without an address it
 * listens on all of them; the members stay on theirs.
 *
 * @param address as in a URL, {@code 127.0.0.1} or {@code [::1]}; empty: all addresses
 */
public record Listen(String address, int port) {
    private static final Pattern FORM =
            Pattern.compile("(?:(\\d{1,3}(?:\\.\\d{1,3}){3}|\\[[0-9a-fA-F:.]+]):)?(\\d{1,5})");

    /**
     * Reads {@code 8080}, {@code 127.0.0.1:8080} or {@code [::1]:8080}.
     *
     * @throws IllegalArgumentException for anything else
     */
    public static Listen parse(String text) {
        Matcher parts = FORM.matcher(text);
        if (parts.matches()) {
            int port = Integer.parseInt(parts.group(2));
            if (port >= 1 && port <= 65_535) {
                return new Listen(parts.group(1) == null ? "" : parts.group(1), port);
            }
        }
        throw new IllegalArgumentException(
                "was " + text + ", must be a port or ADDRESS:PORT, such as 127.0.0.1:8080");
    }

    /** {@code 8080} or {@code 127.0.0.1:8080}. */
    @Override
    public String toString() {
        return address.isEmpty() ? Integer.toString(port) : address + ":" + port;
    }

    /** The same with {@code any} for all addresses: {@code *:8080}. */
    String with(String any) {
        return (address.isEmpty() ? any : address) + ":" + port;
    }
}
