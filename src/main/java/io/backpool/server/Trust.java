package io.backpool.server;

import io.backpool.config.TlsConfig;
import io.backpool.config.TrustConfig;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.HeaderMap;
import io.undertow.util.Headers;
import io.undertow.util.HttpString;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Makes the exchange tell of the client's own request: address, scheme, host, TLS. Over AJP the
 * protocol said it all and only those who know the secret speak. Over HTTP the headers of trusted
 * proxies say it. Headers that are not believed are removed, so that an application which reads
 * them by hand is not fooled either. Called by I/O threads.
 */
final class Trust {
    /** Over AJP: the scheme that a proxy in front of httpd says, which httpd believes. */
    static final String AJP_SCHEME = "BACKPOOL_SCHEME";

    private final TrustConfig config;
    private final HttpString[] otherFamily;
    private final HttpString[] all;
    private final boolean trustsUnix;

    /** Whether the members' HTTP listener speaks TLS. */
    private final boolean isTls;

    /** Whether who speaks through it has shown a certificate of pool.tls.client-ca. */
    private final boolean trustsAll;

    private final Identity identity;
    private final LongAdder malformed = new LongAdder();
    private final LongAdder untrusted = new LongAdder();

    /**
     * @param tls of the members' HTTP listener; null: none
     */
    Trust(TrustConfig config, @Nullable TlsConfig tls) {
        this.config = config;
        this.isTls = tls != null;
        this.trustsAll = tls != null && tls.clientCa() != null;
        this.trustsUnix = config.trustsUnix();
        this.identity = new Identity(config.identity());
        this.otherFamily = array(isRfc7239() ? XForwarded.NAMES : List.of(Forwarded.NAME));
        this.all =
                array(
                        Stream.of(XForwarded.NAMES, List.of(Forwarded.NAME), ForwardedTls.NAMES)
                                .flatMap(List::stream)
                                .toList());
    }

    /**
     * Settles what the exchange says of the client.
     *
     * @return whether the peer is trusted
     */
    boolean settle(HttpServerExchange exchange) {
        boolean isTrusted = believe(exchange);
        URI fixed = config.publicUrl();
        if (fixed != null) {
            exchange.setRequestScheme(fixed.getScheme());
            exchange.getRequestHeaders().put(Headers.HOST, fixed.getRawAuthority());
        }
        return isTrusted;
    }

    private boolean believe(HttpServerExchange exchange) {
        HeaderMap headers = exchange.getRequestHeaders();
        if (exchange.getConnection().getTransportProtocol().equals("ajp")) {
            remove(headers, all);
            takeScheme(exchange);
            identity.takeFromAjp(exchange);
            return true;
        }
        InetSocketAddress peer = exchange.getConnection().getPeerAddress(InetSocketAddress.class);
        // The same as without it, but the socket need not be asked again.
        exchange.setSourceAddress(peer);
        if (!trusts(peer)) {
            if (!isTls) {
                exchange.getConnection().setSslSessionInfo(null);
                exchange.setRequestScheme("http"); // over h2c it is the peer's own word
            }
            boolean claimed = remove(headers, all);
            if (identity.removeFrom(headers) || claimed) {
                untrusted.increment();
            }
            return false;
        }
        remove(headers, otherFamily);
        identity.takeFromHeaders(exchange);
        ForwardedTls tls = ForwardedTls.read(headers, malformed);
        // Also when null: a kept connection still has the facts of its previous request.
        exchange.getConnection().setSslSessionInfo(tls);
        if (tls != null) {
            exchange.setRequestScheme("https");
        } else if (isTls) {
            exchange.setRequestScheme("http"); // its own TLS says nothing of the client's
        }
        Origin origin =
                isRfc7239() ? Forwarded.read(headers, config) : XForwarded.read(headers, config);
        if (origin != null) {
            apply(origin, exchange);
        }
        return true;
    }

    private boolean trusts(InetSocketAddress peer) {
        return trustsAll
                || (peer.equals(Listener.UNIX_PEER)
                        ? trustsUnix
                        : config.trusts(peer.getAddress()));
    }

    /** AJP itself knows of TLS at httpd only, not in front of it. */
    private static void takeScheme(HttpServerExchange exchange) {
        Map<String, String> sent = exchange.getAttachment(HttpServerExchange.REQUEST_ATTRIBUTES);
        if (sent != null && "https".equals(sent.get(AJP_SCHEME))) {
            exchange.setRequestScheme("https");
        }
    }

    private void apply(Origin origin, HttpServerExchange exchange) {
        if (origin.malformed) {
            malformed.increment();
        }
        if (origin.client != null) {
            exchange.setSourceAddress(origin.client);
        }
        if (origin.scheme != null) {
            exchange.setRequestScheme(origin.scheme);
        }
        HeaderMap headers = exchange.getRequestHeaders();
        String present = headers.getFirst(Headers.HOST);
        @Nullable String host = origin.hostHeader(present, exchange.getRequestScheme());
        if (host != null && !host.equals(present)) {
            headers.put(Headers.HOST, host);
        }
    }

    TrustStats stats() {
        return new TrustStats(malformed.sum(), untrusted.sum());
    }

    private boolean isRfc7239() {
        return config.forwarded() == TrustConfig.Forwarded.RFC7239;
    }

    private static boolean remove(HeaderMap headers, HttpString[] names) {
        boolean found = false;
        for (HttpString name : names) {
            found |= headers.remove(name) != null;
        }
        return found;
    }

    private static HttpString[] array(List<HttpString> names) {
        return names.toArray(HttpString[]::new);
    }
}
