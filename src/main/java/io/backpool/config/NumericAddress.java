package io.backpool.config;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads and writes IP addresses. Never asks DNS, whatever the text: others than the operator write
 * some.
 */
public final class NumericAddress {
    /** Java takes text with a colon for IPv6 or for a mistake, never for a name. */
    private static final Pattern IPV6 =
            Pattern.compile("(?=.*:.*:)[0-9a-fA-F:][0-9a-fA-F:.]{1,44}");

    /** Two groups of an address or more, with the colons around them. */
    private static final Pattern ZEROS = Pattern.compile("(?:^|:)0(?::0)+(?::|(?=%)|$)");

    private NumericAddress() {}

    /** The address, without brackets, port or zone; null if {@code text} is none. */
    public static @Nullable InetAddress parse(String text) {
        try {
            if (text.indexOf(':') >= 0) {
                return IPV6.matcher(text).matches() ? InetAddress.getByName(text) : null;
            }
            byte[] bytes = ipv4(text);
            return bytes == null ? null : InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            return null;
        }
    }

    /** The shortest text, as inet_ntop(3) and RFC 5952 have it: {@code 2001:db8::1}. */
    public static String write(InetAddress address) {
        String text = address.getHostAddress();
        if (!(address instanceof Inet6Address)) {
            return text;
        }
        Matcher zeros = ZEROS.matcher(text);
        int start = 0;
        int end = 0;
        while (zeros.find()) {
            // A run at the edge has a colon less; of equal ones the first is meant.
            if ((zeros.end() - zeros.start()) / 2 > (end - start) / 2) {
                start = zeros.start();
                end = zeros.end();
            }
        }
        return end == 0 ? text : text.substring(0, start) + "::" + text.substring(end);
    }

    /** The host of a URL that reaches, from this host, what is bound there. */
    public static String host(InetAddress bind) {
        if (bind.isAnyLocalAddress()) {
            return bind instanceof Inet6Address ? "[::1]" : "127.0.0.1";
        }
        return inUrl(bind);
    }

    /** The shortest text, an IPv6 address in brackets. */
    public static String inUrl(InetAddress address) {
        return address instanceof Inet6Address ? "[" + write(address) + "]" : write(address);
    }

    /** The host of a URL, an IPv6 address without its brackets. */
    public static String withoutBrackets(String host) {
        return host.replaceAll("[\\[\\]]", "");
    }

    /** Whether the host of a URL is on the loopback interface, by its address or its usual name. */
    public static boolean isLoopback(String host) {
        InetAddress address = parse(withoutBrackets(host));
        return host.equals("localhost") || (address != null && address.isLoopbackAddress());
    }

    /** Four decimal numbers up to 255; no leading zero, which some take for octal. */
    private static byte @Nullable [] ipv4(String text) {
        byte[] bytes = new byte[4];
        int position = 0;
        for (int i = 0; i < 4; i++) {
            int end = i == 3 ? text.length() : text.indexOf('.', position);
            int length = end - position;
            if (length < 1 || length > 3 || (length > 1 && text.charAt(position) == '0')) {
                return null;
            }
            int number = 0;
            for (; position < end; position++) {
                int digit = text.charAt(position) - '0';
                if (digit < 0 || digit > 9) {
                    return null;
                }
                number = number * 10 + digit;
            }
            if (number > 255) {
                return null;
            }
            bytes[i] = (byte) number;
            position++;
        }
        return bytes;
    }
}
