package io.backpool.server;

import io.backpool.config.IdentityConfig;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.HeaderMap;
import io.undertow.util.HeaderValues;
import io.undertow.util.HttpString;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Who the user is whom httpd authenticated, and what it knows of them. Over AJP the protocol says
 * both; over HTTP headers of a trusted proxy do, where the settings name them. Called by I/O
 * threads.
 */
final class Identity {
    /**
     * Over AJP: the attributes are in headers, which httpd has removed from what clients send. No
     * client can say so itself.
     */
    static final String IN_HEADERS = "BACKPOOL_IDENTITY";

    private final @Nullable HttpString userHeader;
    private final Map<String, HttpString> attributes = new LinkedHashMap<>();

    Identity(IdentityConfig config) {
        String header = config.userHeader();
        this.userHeader = header == null ? null : new HttpString(header);
        config.attributes()
                .forEach(
                        name ->
                                attributes.put(
                                        name,
                                        new HttpString(IdentityConfig.attributeHeader(name))));
    }

    /** Over AJP: takes what the protocol says; headers count for nothing, but see above. */
    void takeFromAjp(HttpServerExchange exchange) {
        String user = exchange.getAttachment(HttpServerExchange.REMOTE_USER);
        if (user != null) {
            new RemoteUser(text(user)).attachTo(exchange);
        }
        HeaderMap headers = exchange.getRequestHeaders();
        if (userHeader != null) {
            headers.remove(userHeader);
        }
        Map<String, String> sent = exchange.removeAttachment(HttpServerExchange.REQUEST_ATTRIBUTES);
        if (attributes.isEmpty()) {
            return;
        }
        Map<String, String> found = new TreeMap<>();
        if (sent != null && sent.containsKey(IN_HEADERS)) {
            takeAttributes(headers, found);
        } else {
            attributes.values().forEach(headers::remove);
        }
        if (sent != null) {
            sent.keySet().retainAll(attributes.keySet());
            sent.forEach((name, value) -> found.put(name, value == null ? "" : text(value)));
        }
        exchange.putAttachment(HttpServerExchange.REQUEST_ATTRIBUTES, found);
    }

    /** Over HTTP: takes what the headers of a trusted proxy say. */
    void takeFromHeaders(HttpServerExchange exchange) {
        HeaderMap headers = exchange.getRequestHeaders();
        String user = userHeader == null ? null : value(headers, userHeader);
        if (user != null) {
            new RemoteUser(user).attachTo(exchange);
        }
        if (!attributes.isEmpty()) {
            Map<String, String> found = new TreeMap<>();
            takeAttributes(headers, found);
            exchange.putAttachment(HttpServerExchange.REQUEST_ATTRIBUTES, found);
        }
    }

    /**
     * Removes what a peer says that is not trusted.
     *
     * @return whether there was anything
     */
    boolean removeFrom(HeaderMap headers) {
        boolean found = userHeader != null && headers.remove(userHeader) != null;
        for (HttpString header : attributes.values()) {
            found |= headers.remove(header) != null;
        }
        return found;
    }

    private void takeAttributes(HeaderMap headers, Map<String, String> found) {
        attributes.forEach(
                (name, header) -> {
                    String value = value(headers, header);
                    if (value != null) {
                        found.put(name, value);
                    }
                });
    }

    /** httpd writes an empty header where it knows nothing; one that is there twice is not its. */
    private static @Nullable String value(HeaderMap headers, HttpString name) {
        HeaderValues values = headers.get(name);
        if (values == null) {
            return null;
        }
        if (values.size() != 1 || values.getFirst().isEmpty()) {
            headers.remove(name);
            return null;
        }
        return text(values.getFirst());
    }

    /** Undertow makes a character of each byte; httpd's modules write UTF-8. */
    private static String text(String bytes) {
        for (int i = 0; i < bytes.length(); i++) {
            if (bytes.charAt(i) > 0x7F) {
                return decoded(bytes);
            }
        }
        return bytes;
    }

    private static String decoded(String bytes) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes.getBytes(StandardCharsets.ISO_8859_1)))
                    .toString();
        } catch (CharacterCodingException e) {
            return bytes; // ISO 8859-1 then
        }
    }
}
