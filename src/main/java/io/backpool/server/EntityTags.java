package io.backpool.server;

import io.undertow.util.HeaderMap;
import io.undertow.util.HeaderValues;
import io.undertow.util.Headers;
import io.undertow.util.HttpString;
import java.util.regex.Pattern;

/**
 * Entity tags as the application wrote them: mod_deflate and mod_brotli add {@code -gzip} and
 * {@code -br} to that of an answer which they compress, and leave them in the client's next
 * request. Stateless.
 */
final class EntityTags {
    private static final Pattern COMPRESSED =
            Pattern.compile("((?:W/)?\"[^\"]*)(?:-gzip|-br|;gzip|;br)\"");

    private EntityTags() {}

    /**
     * Adds the application's own tag to each that httpd has changed. Not to If-Range: a range is
     * one of the compressed content there.
     */
    static void restore(HeaderMap headers) {
        restore(headers, Headers.IF_NONE_MATCH);
        restore(headers, Headers.IF_MATCH);
    }

    private static void restore(HeaderMap headers, HttpString name) {
        HeaderValues lines = headers.get(name);
        if (lines == null) {
            return;
        }
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i);
            if (line.contains("gzip\"") || line.contains("br\"")) {
                lines.set(i, COMPRESSED.matcher(line).replaceAll("$0, $1\""));
            }
        }
    }
}
