package io.backpool.observe;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;

/**
 * Lines as bytes, all of them printable ASCII, in memory that is used again and again. Whatever a
 * client sent is escaped on its way in, so that no line can look like two, nor a field another.
 * Used by one thread.
 */
final class LineBuffer {
    /** The longest that one char becomes, as {@code \u005cu0000}. */
    private static final int LONGEST_ESCAPE = 6;

    /** More than any long has. */
    private static final int DIGITS = 20;

    /** What neither a log nor JSON escapes; by char. */
    private static final boolean[] PLAIN = plain();

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
        reserve(text.length());
        for (int i = 0; i < text.length(); i++) {
            bytes[length++] = (byte) text.charAt(i);
        }
        return this;
    }

    LineBuffer number(long number) {
        if (number < 0) {
            return text(Long.toString(number));
        }
        reserve(DIGITS);
        int first = length;
        long left = number;
        do {
            put((char) ('0' + left % 10));
            left /= 10;
        } while (left > 0);
        reverse(first, length - 1);
        return this;
    }

    /**
     * What a client sent, as httpd escapes it: {@code \"}, {@code \\}, {@code \n}, {@code \x1b}.
     */
    LineBuffer escaped(String text) {
        reserve(LONGEST_ESCAPE * text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (isPlain(c)) {
                put(c);
            } else {
                escape(c);
            }
        }
        return this;
    }

    private void escape(char c) {
        int known = ESCAPED.indexOf(c);
        if (known >= 0) {
            put('\\').put(ESCAPES.charAt(known));
        } else {
            // Undertow makes one char of each byte: more than 8 bits do not come from a client.
            put('\\').put('x').hex(c >> 4).hex(c);
        }
    }

    /** What a client sent, between the quotes of JSON (RFC 8259, section 7). */
    LineBuffer json(String text) {
        reserve(LONGEST_ESCAPE * text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (isPlain(c)) {
                put(c);
            } else if (c == '"' || c == '\\') {
                put('\\').put(c);
            } else {
                put('\\').put('u').hex(c >> 12).hex(c >> 8).hex(c >> 4).hex(c);
            }
        }
        return this;
    }

    LineBuffer endLine() {
        reserve(1);
        return put('\n');
    }

    void writeTo(OutputStream out) throws IOException {
        out.write(bytes, 0, length);
    }

    void clear() {
        length = 0;
    }

    private static boolean[] plain() {
        boolean[] plain = new boolean[128];
        for (char c = ' '; c <= '~'; c++) {
            plain[c] = c != '"' && c != '\\';
        }
        return plain;
    }

    private static boolean isPlain(char c) {
        return c < PLAIN.length && PLAIN[c];
    }

    private LineBuffer hex(int digit) {
        return put(HEX.charAt(digit & 0xf));
    }

    /** There must be room. */
    private LineBuffer put(char c) {
        bytes[length++] = (byte) c;
        return this;
    }

    private void reverse(int first, int last) {
        for (int i = first, k = last; i < k; i++, k--) {
            byte swapped = bytes[i];
            bytes[i] = bytes[k];
            bytes[k] = swapped;
        }
    }

    /** Makes room for so many bytes. */
    private void reserve(int count) {
        if (count > bytes.length - length) {
            bytes = Arrays.copyOf(bytes, Math.max(2 * bytes.length, length + count));
        }
    }
}
