package io.backpool.server;

import io.backpool.config.TrustConfig;
import io.undertow.util.HeaderMap;
import io.undertow.util.HeaderValues;
import io.undertow.util.Headers;
import io.undertow.util.HttpString;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The {@code Forwarded} header of RFC 7239: each proxy adds an element on the right, which tells of
 * the request that it got itself. The client is in the left-most element that a trusted proxy
 * wrote; scheme and host are those of the same element. Stateless.
 */
final class Forwarded {
    static final HttpString NAME = Headers.FORWARDED;

    private static final String TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";

    /** One pair of an element, section 4, and what separates it from the next. */
    private static final Pattern PAIR =
            Pattern.compile(
                    "[ \\t]*("
                            + TOKEN
                            + ")=("
                            + TOKEN
                            + "|\"(?:[^\"\\\\]|\\\\.)*+\")[ \\t]*([;,]|$)");

    /** Section 6: a proxy that does not tell who its peer is. */
    private static final Pattern HIDDEN =
            Pattern.compile("(?:unknown|_[A-Za-z0-9._-]+)(?::(?:\\d{1,5}|_[A-Za-z0-9._-]+))?");

    private Forwarded() {}

    /** What the header says; null if there is none. */
    static @Nullable Origin read(HeaderMap headers, TrustConfig trust) {
        HeaderValues lines = headers.get(NAME);
        if (lines == null) {
            return null;
        }
        var origin = new Origin();
        for (int line = lines.size() - 1; line >= 0; line--) {
            // A quote that a client left open must not hide what proxies wrote on later lines.
            List<Map<String, String>> elements = elements(lines.get(line));
            if (elements == null) {
                origin.malformed = true;
                return origin;
            }
            for (int i = elements.size() - 1; i >= 0; i--) {
                if (!isTrustedHop(elements.get(i), trust, origin)) {
                    return origin;
                }
            }
        }
        return origin;
    }

    /** Takes what one element says; whether the one on its left was written by a trusted proxy. */
    private static boolean isTrustedHop(
            Map<String, String> element, TrustConfig trust, Origin origin) {
        String proto = element.get("proto");
        if (proto != null) {
            origin.scheme(proto);
        }
        String host = element.get("host");
        if (host != null) {
            origin.host(host);
        }
        String node = element.get("for");
        if (node == null || HIDDEN.matcher(node).matches()) {
            return false;
        }
        InetSocketAddress address = Origin.address(node);
        if (address == null) {
            origin.malformed = true;
            return false;
        }
        origin.client = address;
        return trust.trusts(address.getAddress());
    }

    /** The elements of one line, left to right, names in lower case; null if it is malformed. */
    private static @Nullable List<Map<String, String>> elements(String line) {
        List<Map<String, String>> elements = new ArrayList<>();
        Map<String, String> element = new LinkedHashMap<>();
        Matcher pair = PAIR.matcher(line);
        int position = 0;
        do {
            if (!pair.region(position, line.length()).lookingAt()) {
                return null;
            }
            String name = pair.group(1).toLowerCase(Locale.ROOT);
            if (element.put(name, unquoted(pair.group(2))) != null) {
                return null;
            }
            if (!pair.group(3).equals(";")) {
                elements.add(element);
                element = new LinkedHashMap<>();
            }
            position = pair.end();
        } while (position < line.length());
        return line.endsWith(";") || line.endsWith(",") ? null : elements;
    }

    private static String unquoted(String value) {
        return value.startsWith("\"")
                ? value.substring(1, value.length() - 1).replaceAll("\\\\(.)", "$1")
                : value;
    }
}
