package io.backpool.server;

import io.undertow.server.HttpServerExchange;
import io.undertow.util.ParameterLimitException;
import io.undertow.util.URLUtils;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Path and query as applications read them, the same over each protocol. Undertow is set to take
 * any byte and to decode nothing ({@code ALLOW_UNESCAPED_CHARACTERS_IN_URL}, {@code DECODE_URL}):
 * browsers send {@code |}, {@code {}} and others as they are, and its own decoding of those changes
 * what {@link HttpServerExchange#getRequestURI} says and answers mistakes without a word. Called by
 * I/O threads.
 */
final class RequestTarget {
    private static final String CHARSET = "UTF-8";

    /** An encoded percent sign before what is left encoded. */
    private static final Pattern AMBIGUOUS = Pattern.compile("%25(?=(?:25)*(?:2[Ff]|5[Cc]))");

    private RequestTarget() {}

    /**
     * Decodes path and parameters; URI and query string stay as they came. In the path {@code %2F}
     * and {@code %5C} stay encoded, so that they separate nothing, and then so does a {@code %25}
     * that could be taken for theirs: who decodes what is left decodes once.
     *
     * @return false if it can't be read: a control character, a fragment, {@code %} without two
     *     hexadecimal digits, or a NUL in the path
     */
    static boolean decode(HttpServerExchange exchange) {
        String uri = exchange.getRequestURI();
        String query = exchange.getQueryString();
        if (!isReadable(uri) || !isReadable(query) || uri.contains("%00")) {
            return false;
        }
        if (holdsEncoded(uri, '\\')) {
            decodePath(exchange);
        }
        if (holdsEncoded(query, '+')) {
            decodeQuery(exchange, query);
        }
        return true;
    }

    private static boolean isReadable(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c <= ' ' || c == '#' || c == 0x7F) {
                return false;
            }
            if (c == '%'
                    && !(i + 2 < text.length()
                            && Character.digit(text.charAt(i + 1), 16) >= 0
                            && Character.digit(text.charAt(i + 2), 16) >= 0)) {
                return false;
            }
        }
        return true;
    }

    private static boolean holdsEncoded(String text, char special) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '%' || c == special || c > 0x7F) {
                return true;
            }
        }
        return false;
    }

    private static void decodePath(HttpServerExchange exchange) {
        String encoded = exchange.getRequestPath().replace("\\", "%5C");
        String path = decode(AMBIGUOUS.matcher(encoded).replaceAll("%2525"), false, false);
        exchange.setRequestPath(path);
        exchange.setRelativePath(path);
        if (exchange.getRequestURI().indexOf(';') >= 0) {
            var parameters = new TreeMap<>(exchange.getPathParameters());
            exchange.getPathParameters().clear();
            parameters.forEach(
                    (name, values) ->
                            values.forEach(
                                    value ->
                                            exchange.addPathParam(
                                                    decode(name, true, true),
                                                    decode(value, true, true))));
        }
    }

    private static void decodeQuery(HttpServerExchange exchange, String query) {
        exchange.getQueryParameters().clear();
        try {
            URLUtils.parseQueryString(query, exchange, CHARSET, true, Integer.MAX_VALUE);
        } catch (ParameterLimitException e) {
            throw new IllegalStateException(e); // there is no limit
        }
    }

    private static String decode(String text, boolean slashes, boolean isForm) {
        return URLUtils.decode(text, CHARSET, slashes, isForm, new StringBuilder());
    }
}
