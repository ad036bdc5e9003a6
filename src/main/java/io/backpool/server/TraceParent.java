package io.backpool.server;

import io.undertow.util.HeaderMap;
import io.undertow.util.HeaderValues;
import io.undertow.util.HttpString;
import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Which trace a request belongs to, by W3C Trace Context. Who calls may always say it: it is a name
 * and grants nothing. Safe for all threads.
 */
final class TraceParent {
    static final HttpString HEADER = new HttpString("traceparent");
    private static final HttpString STATE = new HttpString("tracestate");

    /** {@code 00-TRACE-PARENT-FLAGS}: 32, 16 and 2 lower-case hexadecimal digits. */
    private static final int LENGTH = 55;

    private static final int TRACE = 3;
    private static final int PARENT = 36;
    private static final int FLAGS = 53;
    private static final HexFormat HEX = HexFormat.of();

    private TraceParent() {}

    /**
     * Leaves a valid one as it is. Puts a new one, not sampled, where there is none, or none that
     * is valid; {@code tracestate} goes with the latter (section 3.2.2, 3.3).
     */
    static void settle(HeaderMap headers) {
        HeaderValues given = headers.get(HEADER);
        if (given != null && given.size() == 1 && isValid(given.getFirst())) {
            return;
        }
        headers.remove(STATE);
        headers.put(HEADER, next());
    }

    /** One bit of each id is set, since neither may be zero. */
    private static String next() {
        var random = ThreadLocalRandom.current();
        return "00-"
                + HEX.toHexDigits(random.nextLong())
                + HEX.toHexDigits(random.nextLong() | 1)
                + "-"
                + HEX.toHexDigits(random.nextLong() | 1)
                + "-00";
    }

    /** Of a later version only the beginning must be as here (section 3.2.4). */
    static boolean isValid(String text) {
        int length = text.length();
        if (length < LENGTH || !isHex(text, 0, 2) || text.startsWith("ff")) {
            return false;
        }
        boolean isKnown = text.startsWith("00");
        return (length == LENGTH || (!isKnown && text.charAt(LENGTH) == '-'))
                && text.charAt(TRACE - 1) == '-'
                && isId(text, TRACE, PARENT - 1)
                && text.charAt(PARENT - 1) == '-'
                && isId(text, PARENT, FLAGS - 1)
                && text.charAt(FLAGS - 1) == '-'
                && isHex(text, FLAGS, LENGTH);
    }

    private static boolean isId(String text, int from, int to) {
        for (int i = from; i < to; i++) {
            if (text.charAt(i) != '0') {
                return isHex(text, from, to);
            }
        }
        return false;
    }

    private static boolean isHex(String text, int from, int to) {
        for (int i = from; i < to; i++) {
            char c = text.charAt(i);
            if ((c < '0' || c > '9') && (c < 'a' || c > 'f')) {
                return false;
            }
        }
        return true;
    }
}
