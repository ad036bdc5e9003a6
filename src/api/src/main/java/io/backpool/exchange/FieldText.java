package io.backpool.exchange;

import io.undertow.util.HttpString;

/** Which characters names and values of headers may hold, as bytes on the wire. Stateless. */
public final class FieldText {
    private static final String MARKS = "!#$%&'*+-.^_`|~";
    private static final boolean[] IN_TOKEN = new boolean[256];

    static {
        for (char c = 0; c < IN_TOKEN.length; c++) {
            boolean isLetter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
            IN_TOKEN[c] = isLetter || (c >= '0' && c <= '9') || MARKS.indexOf(c) >= 0;
        }
    }

    private FieldText() {}

    /**
     * Whether it is a token: a method, or a header's name (RFC 9110, 5.6.2).
     *
     * @param text as it was sent, or will be
     * @return false also for an empty one
     */
    public static boolean isToken(HttpString text) {
        int length = text.length();
        for (int i = 0; i < length; i++) {
            if (!IN_TOKEN[text.byteAt(i) & 0xFF]) {
                return false;
            }
        }
        return length > 0;
    }

    /**
     * Whether it holds no control character but tabs (RFC 9110, 5.5). Of each character the lower
     * byte counts, which is what Undertow sends: 'Ċ' (U+010A) would be a line feed.
     *
     * @param text a header's value
     * @return true also for an empty one
     */
    public static boolean isValue(String text) {
        for (int i = 0; i < text.length(); i++) {
            int sent = text.charAt(i) & 0xFF;
            if ((sent < ' ' && sent != '\t') || sent == 0x7F) {
                return false;
            }
        }
        return true;
    }
}
