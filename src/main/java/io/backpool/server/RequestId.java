package io.backpool.server;

import io.undertow.util.HeaderMap;
import io.undertow.util.HeaderValues;
import io.undertow.util.HttpString;
import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;

/**
 * The names of requests: unique, not secret. httpd's, where it gave one ({@code RequestHeader set
 * X-Request-ID %{UNIQUE_ID}e}), so that both logs agree. Safe for all threads.
 */
final class RequestId {
    static final HttpString HEADER = new HttpString("X-Request-ID");

    private static final int MAX_LENGTH = 128;
    private static final HexFormat HEX = HexFormat.of();

    private RequestId() {}

    /** The request's name; a client's own or a strange one is removed, and a new one made. */
    static String settle(HeaderMap headers, boolean isTrusted) {
        HeaderValues given = headers.get(HEADER);
        if (given == null) {
            return next();
        }
        if (isTrusted && given.size() == 1 && isAllowed(given.getFirst())) {
            return given.getFirst();
        }
        headers.remove(HEADER);
        return next();
    }

    /** 16 hexadecimal digits. */
    static String next() {
        return HEX.toHexDigits(ThreadLocalRandom.current().nextLong());
    }

    /** Letters, digits and the marks of UUIDs, base64 and URLs: nothing that a log would quote. */
    private static boolean isAllowed(String id) {
        for (int i = 0; i < id.length(); i++) {
            char c = id.charAt(i);
            boolean letterOrDigit =
                    (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
            if (!letterOrDigit && "-_.~:@+/=".indexOf(c) < 0) {
                return false;
            }
        }
        return !id.isEmpty() && id.length() <= MAX_LENGTH;
    }
}
