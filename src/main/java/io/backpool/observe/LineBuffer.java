package io.backpool.observe;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;

/**
 * Lines as bytes, all of them printable ASCII, in memory that is used again and again. Whatever a
 * client sent is escaped on its way in, so that no line can pretend to be two, nor a field another.
 * Used by one thread.
 */
final class LineBuffer {
    private static final String HEX = "0123456789abcdef";

    /** What {@link #ESCAPES} stand for in a log of httpd's. */
    private static final String ESCAPED = "\b\n\r\t\u000b\"\\";

    /** Of {@code ap_escape_logitem} in httpd's {@code server/util.c}. */
    private static final String ESCAPES = "bnrtv\"\\";

    private byte[] bytes = new byte[1 << 16];
    private int length;

    int length() {
        return length;
    }

    /** Printable ASCII that no client had a say in. */
    LineBuffer text(String text) {
        for (int i = 0; i < text.length(); i++) {
            put(text.charAt(i));
        }
        return this;
    }

    LineBuffer number(long number) {
        return text(Long.toString(number));
    }

    /**
     * What a client sent, as httpd escapes it: {@code \"}, {@code \\}, {@code \n}, {@code \x1b}.
     */
    LineBuffer escaped(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            int known = ESCAPED.indexOf(c);
            if (known >= 0) {
                put('\\').put(ESCAPES.charAt(known));
            } else if (isPrintable(c)) {
                put(c);
            } else {
                // Undertow makes one char of each byte: more than 8 bits do not come from a client.
                put('\\').put('x').hex(c >> 4).hex(c);
            }
        }
        return this;
    }

    /** What a client sent, between the quotes of JSON (RFC 8259, section 7). */
    LineBuffer json(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                put('\\').put(c);
            } else if (isPrintable(c)) {
                put(c);
            } else {
                put('\\').put('u').hex(c >> 12).hex(c >> 8).hex(c >> 4).hex(c);
            }
        }
        return this;
    }

    LineBuffer endLine() {
        return put('\n');
    }

    void writeTo(OutputStream out) throws IOException {
        out.write(bytes, 0, length);
    }

    void clear() {
        length = 0;
    }

    private static boolean isPrintable(char c) {
        return c >= ' ' && c <= '~';
    }

    private LineBuffer hex(int digit) {
        return put(HEX.charAt(digit & 0xf));
    }

    private LineBuffer put(char c) {
        if (length == bytes.length) {
            bytes = Arrays.copyOf(bytes, 2 * length);
        }
        bytes[length++] = (byte) c;
        return this;
    }
}
