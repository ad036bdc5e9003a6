package io.backpool.observe;

import io.backpool.config.AdminConfig;
import io.backpool.exchange.Problem;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.Headers;
import io.undertow.util.HttpString;
import io.undertow.util.Methods;
import io.undertow.util.StatusCodes;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import org.jspecify.annotations.Nullable;

/**
 * Stands before everything that changes the pool. A web page in an operator's browser can reach the
 * admin listener, too: it can't set the header X-Backpool, and after DNS rebinding it can't name
 * the listener's own address as Host. With TLS the browser has compared the certificate with the
 * name that it asked for, and any Host is right. Reading is free. Called by I/O threads.
 */
final class AdminGuard implements HttpHandler {
    private static final HttpString BACKPOOL = new HttpString("X-Backpool");

    /** RFC 9110, 15.5.20. */
    private static final int MISDIRECTED_REQUEST = 421;

    private static final String BEARER = "Bearer ";

    private final byte @Nullable [] token;

    /** Then only this host reads, and a foreign Host is another site's page in its browser. */
    private final boolean onLoopback;

    private final boolean isTls;

    private final HttpHandler next;

    /**
     * Guards {@code next}.
     *
     * @throws io.backpool.config.ConfigException if the token can't be read
     */
    AdminGuard(AdminConfig config, HttpHandler next) {
        String read = config.readToken();
        this.token = read == null ? null : bytes(read);
        this.isTls = config.tls() != null;
        this.onLoopback = config.bind().isLoopbackAddress();
        this.next = next;
    }

    @Override
    public void handleRequest(HttpServerExchange exchange) throws Exception {
        HttpString method = exchange.getRequestMethod();
        boolean reads = method.equals(Methods.GET) || method.equals(Methods.HEAD);
        if (reads && (!onLoopback || namesThisListener(exchange))) {
            next.handleRequest(exchange);
        } else if (!namesThisListener(exchange)) {
            Problem.send(
                    exchange,
                    MISDIRECTED_REQUEST,
                    "Host must be the address of this listener, or localhost");
        } else if (!"1".equals(exchange.getRequestHeaders().getFirst(BACKPOOL))) {
            Problem.send(exchange, StatusCodes.FORBIDDEN, "send the header X-Backpool: 1");
        } else if (!isAuthorized(exchange.getRequestHeaders().getFirst(Headers.AUTHORIZATION))) {
            exchange.getResponseHeaders().put(Headers.WWW_AUTHENTICATE, "Bearer");
            Problem.send(
                    exchange,
                    StatusCodes.UNAUTHORIZED,
                    "send the header Authorization: Bearer and the token of admin.token-file");
        } else {
            next.handleRequest(exchange);
        }
    }

    /** The address that the connection came to: where all are bound, it is one of ours. */
    private boolean namesThisListener(HttpServerExchange exchange) {
        if (isTls) {
            return true;
        }
        InetSocketAddress local = exchange.getConnection().getLocalAddress(InetSocketAddress.class);
        String host = exchange.getRequestHeaders().getFirst(Headers.HOST);
        if (host == null) {
            return false;
        }
        // Another port is that of a tunnel; a page of another site has that site's name.
        String name = host.replaceFirst(":\\d{1,5}$", "");
        return name.equalsIgnoreCase("localhost") || name.equals(written(local.getAddress()));
    }

    /** As it stands in a URL; {@code ::1} is the only address of its kind that people shorten. */
    private static String written(InetAddress address) {
        String text = address.getHostAddress();
        if (!text.contains(":")) {
            return text;
        }
        return address.isLoopbackAddress() ? "[::1]" : "[" + text + "]";
    }

    /** Takes as long for a token that is nearly right as for any other. */
    private boolean isAuthorized(@Nullable String header) {
        return token == null
                || (header != null
                        && header.regionMatches(true, 0, BEARER, 0, BEARER.length())
                        && MessageDigest.isEqual(token, bytes(header.substring(BEARER.length()))));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
