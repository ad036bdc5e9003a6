package io.backpool.server;

import io.backpool.config.TrustConfig;
import io.undertow.util.HeaderMap;
import io.undertow.util.HeaderValues;
import io.undertow.util.Headers;
import io.undertow.util.HttpString;
import java.net.InetSocketAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The headers that mod_proxy_http and its users write: {@code X-Forwarded-For}, a list to which
 * each proxy adds its peer on the right; {@code X-Forwarded-Proto}, {@code -Host} and {@code
 * -Port}, of which only the last value counts, the one that the nearest proxy wrote. Stateless.
 */
final class XForwarded {

    /** All of the family, those that are never read too. */
    static final List<HttpString> NAMES =
            List.of(
                    Headers.X_FORWARDED_FOR,
                    Headers.X_FORWARDED_PROTO,
                    Headers.X_FORWARDED_HOST,
                    Headers.X_FORWARDED_PORT,
                    Headers.X_FORWARDED_SERVER);

    private XForwarded() {}

    /** What the headers say; null if there are none. */
    static @Nullable Origin read(HeaderMap headers, TrustConfig trust) {
        HeaderValues hops = headers.get(Headers.X_FORWARDED_FOR);
        String proto = last(headers, Headers.X_FORWARDED_PROTO);
        String host = last(headers, Headers.X_FORWARDED_HOST);
        String port = last(headers, Headers.X_FORWARDED_PORT);
        if (hops == null && proto == null && host == null && port == null) {
            return null;
        }
        var origin = new Origin();
        if (hops != null) {
            walk(hops, trust, origin);
        }
        if (proto != null) {
            origin.scheme(proto);
        }
        if (host != null) {
            origin.host(host);
        }
        if (port != null) {
            origin.port(Origin.port(port));
        }
        return origin;
    }

    /**
     * From the right over trusted hops to the first that is not: everything left of it is hearsay.
     */
    private static void walk(HeaderValues hops, TrustConfig trust, Origin origin) {
        for (int line = hops.size() - 1; line >= 0; line--) {
            String text = hops.get(line);
            for (int end = text.length(); end >= 0; ) {
                int comma = text.lastIndexOf(',', end - 1);
                String hop = text.substring(comma + 1, end).strip();
                end = comma;
                if (hop.isEmpty()) {
                    continue;
                }
                InetSocketAddress address = Origin.address(hop);
                if (address == null) {
                    origin.malformed = true;
                    return;
                }
                origin.client = address;
                if (!trust.trusts(address.getAddress())) {
                    return;
                }
            }
        }
    }

    private static @Nullable String last(HeaderMap headers, HttpString name) {
        HeaderValues values = headers.get(name);
        if (values == null) {
            return null;
        }
        String line = values.getLast();
        return line.substring(line.lastIndexOf(',') + 1).strip();
    }
}
