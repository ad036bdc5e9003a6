package io.backpool.server;

import io.undertow.util.HeaderMap;
import io.undertow.util.HeaderValues;
import io.undertow.util.Headers;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The cookies that a client sent, RFC 6265 section 5.4; stateless. */
final class RequestCookies {
    private RequestCookies() {}

    /**
     * Removes the cookies that Undertow can't read: it would throw at an application that asks for
     * any other. Those are values beyond ASCII, which scripts in browsers write, and names with
     * {@code $}, which RFC 2965 gave a meaning.
     */
    static void removeUnreadable(HeaderMap headers) {
        HeaderValues lines = headers.get(Headers.COOKIE);
        if (lines == null || lines.stream().allMatch(RequestCookies::isPlain)) {
            return;
        }
        List<String> readable =
                lines.stream()
                        .map(
                                line ->
                                        cookies(line)
                                                .filter(RequestCookies::isReadable)
                                                .collect(Collectors.joining("; ")))
                        .filter(line -> !line.isEmpty())
                        .toList();
        headers.remove(Headers.COOKIE);
        headers.addAll(Headers.COOKIE, readable);
    }

    /**
     * The values of all cookies of this name, in their order, without the quotes around them. A
     * comma separates too: with it a proxy joins two Cookie headers.
     */
    static List<String> values(HeaderMap headers, String name) {
        HeaderValues lines = headers.get(Headers.COOKIE);
        if (lines == null) {
            return List.of();
        }
        List<String> values = new ArrayList<>();
        for (String line : lines) {
            int start = 0;
            for (int end = 0; end <= line.length(); end++) {
                if (end == line.length() || line.charAt(end) == ';' || line.charAt(end) == ',') {
                    String value = value(line.substring(start, end).strip(), name);
                    if (value != null) {
                        values.add(value);
                    }
                    start = end + 1;
                }
            }
        }
        return values;
    }

    private static @Nullable String value(String cookie, String name) {
        int length = name.length();
        if (cookie.length() <= length || cookie.charAt(length) != '=' || !cookie.startsWith(name)) {
            return null;
        }
        String value = cookie.substring(length + 1);
        return value.length() >= 2 && value.startsWith("\"") && value.endsWith("\"")
                ? value.substring(1, value.length() - 1)
                : value;
    }

    private static Stream<String> cookies(String line) {
        return Stream.of(line.split(";")).map(String::strip).filter(cookie -> !cookie.isEmpty());
    }

    private static boolean isReadable(String cookie) {
        return !cookie.startsWith("$")
                && cookie.chars()
                        .skip(cookie.indexOf('=') + 1L)
                        .allMatch(c -> c >= ' ' && c < 0x7F);
    }

    private static boolean isPlain(String line) {
        for (int i = 0; i < line.length(); i++) {
            char c = line.charAt(i);
            if (c < ' ' || c >= 0x7F || c == '$') {
                return false;
            }
        }
        return true;
    }
}
