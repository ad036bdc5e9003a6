package io.backpool.app.showcase;

import io.backpool.exchange.RequestFacts;
import io.undertow.security.impl.ExternalAuthenticationMechanism;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.RenegotiationRequiredException;
import io.undertow.server.SSLSessionInfo;
import io.undertow.util.HeaderValues;
import io.undertow.util.Headers;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** {@code /whoami}: the request as it arrived here, whatever way it took. Safe for all threads. */
final class Whoami implements HttpHandler {
    /** Indented, because it is people who read it. */
    private static final JsonMapper JSON =
            JsonMapper.builder()
                    .disable(MapperFeature.SORT_PROPERTIES_ALPHABETICALLY)
                    .enable(SerializationFeature.INDENT_OUTPUT)
                    .build();

    private static final long PID = ProcessHandle.current().pid();

    /**
     * @param attributes what httpd says of the user besides
     * @param path decoded, but for an encoded slash
     * @param query as it came
     * @param parameters of the query, decoded
     * @param headers a text, or a list of texts where the header came more than once
     */
    record Seen(
            String protocol,
            @Nullable String route,
            long pid,
            String clientAddress,
            int clientPort,
            String scheme,
            String host,
            @Nullable String user,
            @Nullable String authType,
            @Nullable Map<String, String> attributes,
            @Nullable Tls tls,
            @Nullable String requestId,
            String method,
            String path,
            String query,
            Map<String, Deque<String>> parameters,
            Map<String, Object> headers) {}

    record Tls(
            String cipher, @Nullable String protocol, @Nullable String clientCertificateSubject) {}

    @Override
    public void handleRequest(HttpServerExchange exchange) {
        exchange.getResponseHeaders().put(Headers.CONTENT_TYPE, "application/json");
        exchange.getResponseHeaders().put(Headers.CACHE_CONTROL, "no-store");
        exchange.getResponseSender().send(ByteBuffer.wrap(JSON.writeValueAsBytes(seen(exchange))));
    }

    private static Seen seen(HttpServerExchange exchange) {
        RequestFacts facts = RequestFacts.of(exchange);
        InetSocketAddress client = exchange.getSourceAddress();
        return new Seen(
                RequestFacts.protocol(exchange),
                facts == null ? null : facts.route(),
                PID,
                client.getAddress() == null
                        ? client.getHostString()
                        : client.getAddress().getHostAddress(),
                client.getPort(),
                exchange.getRequestScheme(),
                exchange.getHostAndPort(),
                exchange.getAttachment(HttpServerExchange.REMOTE_USER),
                exchange.getAttachment(
                        ExternalAuthenticationMechanism.EXTERNAL_AUTHENTICATION_TYPE),
                exchange.getAttachment(HttpServerExchange.REQUEST_ATTRIBUTES),
                tls(exchange.getConnection().getSslSessionInfo()),
                facts == null ? null : facts.requestId(),
                exchange.getRequestMethod().toString(),
                exchange.getRequestPath(),
                exchange.getQueryString(),
                exchange.getQueryParameters(),
                headers(exchange));
    }

    private static @Nullable Tls tls(@Nullable SSLSessionInfo session) {
        return session == null
                ? null
                : new Tls(session.getCipherSuite(), session.getSecureProtocol(), subject(session));
    }

    private static @Nullable String subject(SSLSessionInfo session) {
        try {
            Certificate[] chain = session.getPeerCertificates();
            return chain != null && chain.length > 0 && chain[0] instanceof X509Certificate client
                    ? client.getSubjectX500Principal().getName()
                    : null;
        } catch (SSLPeerUnverifiedException | RenegotiationRequiredException e) {
            return null; // the client has shown none
        }
    }

    private static Map<String, Object> headers(HttpServerExchange exchange) {
        var headers = new TreeMap<String, Object>(String.CASE_INSENSITIVE_ORDER);
        for (HeaderValues values : exchange.getRequestHeaders()) {
            headers.put(
                    values.getHeaderName().toString(),
                    values.size() == 1 ? values.getFirst() : List.copyOf(values));
        }
        return headers;
    }
}
