package io.backpool.testkit;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Writes what a web server sends over AJP/1.3, after the protocol's document (tomcat.apache.org,
 * "AJP Protocol Reference"): 0x12 0x34, a length, and a payload of bytes, 16-bit numbers and
 * strings with their length before and a NUL behind. Lets a test write anything else as well.
 */
public final class AjpPacket {
    private static final int FORWARD_REQUEST = 2;
    private static final int GET = 2;
    private static final int POST = 4;

    private static final int SECRET = 0x0C;
    private static final int REQ_ATTRIBUTE = 0x0A;
    private static final int END = 0xFF;

    private final ByteArrayOutputStream payload = new ByteArrayOutputStream();

    /** CPING: answered by CPONG, with or without the secret. */
    public static byte[] ping() {
        return new AjpPacket().number8(10).packet();
    }

    /** What the peer answers to {@link #ping}. */
    public static byte[] pong() {
        return new byte[] {'A', 'B', 0, 1, 9};
    }

    /** A GET up to its headers: {@code headers} of them must follow. */
    public static AjpPacket get(String uri, int headers) {
        return forward(GET, uri, headers);
    }

    /** A POST up to its headers, one of which must be Content-Length. */
    public static AjpPacket post(String uri, int headers) {
        return forward(POST, uri, headers);
    }

    /** A request up to its headers. */
    public static AjpPacket forward(int method, String uri, int headers) {
        return new AjpPacket()
                .number8(FORWARD_REQUEST)
                .number8(method)
                .string("HTTP/1.1")
                .string(uri)
                .string("192.0.2.7")
                .string(null)
                .string("shop.example")
                .number16(443)
                .number8(1)
                .number16(headers);
    }

    /** A part of a body, in a packet of its own. */
    public static byte[] body(byte[] part) {
        var packet = new AjpPacket().number16(part.length);
        packet.payload.writeBytes(part);
        return packet.packet();
    }

    public AjpPacket header(String name, String value) {
        return string(name).string(value);
    }

    /** A header that has a number, such as 0xA00B for Host. */
    public AjpPacket header(int code, String value) {
        return number16(code).string(value);
    }

    public AjpPacket attribute(int code, String value) {
        return number8(code).string(value);
    }

    public AjpPacket attribute(String name, String value) {
        return number8(REQ_ATTRIBUTE).string(name).string(value);
    }

    public AjpPacket secret(String secret) {
        return attribute(SECRET, secret);
    }

    public AjpPacket number8(int value) {
        payload.write(value);
        return this;
    }

    public AjpPacket number16(int value) {
        return number8(value >> 8).number8(value);
    }

    /** Null is a length of 0xFFFF without bytes. */
    public AjpPacket string(@Nullable String value) {
        if (value == null) {
            return number16(0xFFFF);
        }
        byte[] bytes = value.getBytes(StandardCharsets.ISO_8859_1);
        number16(bytes.length);
        payload.writeBytes(bytes);
        return number8(0);
    }

    public AjpPacket bytes(byte[] bytes) {
        payload.writeBytes(bytes);
        return this;
    }

    /** Ends the attributes; the whole packet. */
    public byte[] end() {
        return number8(END).packet();
    }

    /** The whole packet. */
    public byte[] packet() {
        return packet(0x1234, payload.size());
    }

    /** The whole packet with a magic number and a length that may be wrong. */
    public byte[] packet(int magic, int length) {
        var head = new AjpPacket().number16(magic).number16(length);
        head.payload.writeBytes(payload.toByteArray());
        return head.payload.toByteArray();
    }

    /**
     * The answer as a person reads it: the status, the headers, the body of all chunks; "" if
     * nothing came, and "..." behind what was cut off before the end.
     */
    public static String answer(byte[] received) {
        var text = new StringBuilder();
        int position = 0;
        while (position + 4 <= received.length) {
            int length = number16(received, position + 2);
            int start = position + 4;
            if (received[position] != 'A' || received[position + 1] != 'B') {
                return text + "!not AJP";
            }
            if (start + length > received.length) {
                return text + "...";
            }
            switch (received[start]) {
                case 4 -> head(received, start, text);
                case 3 ->
                        text.append(
                                RawSocket.text(
                                        Arrays.copyOfRange(
                                                received,
                                                start + 3,
                                                start + 3 + number16(received, start + 1))));
                case 5 -> {
                    return text.append(received[start + 1] == 1 ? "" : "!close").toString();
                }
                case 6 -> {} // GET_BODY_CHUNK
                case 9 -> text.append("PONG");
                default -> text.append("!code ").append(received[start]);
            }
            position = start + length;
        }
        return text.isEmpty() ? "" : text + "...";
    }

    /** Whether the last packet of an answer is there. */
    public static boolean isWhole(byte[] received) {
        int position = 0;
        while (position + 4 < received.length) {
            if (received[position + 4] == 5) {
                return position + 6 <= received.length;
            }
            position += 4 + number16(received, position + 2);
        }
        return false;
    }

    private static void head(byte[] received, int start, StringBuilder text) {
        text.append(number16(received, start + 1)).append('\n');
        int position = start + 3;
        position += 2 + number16(received, position) + 1;
        int headers = number16(received, position);
        position += 2;
        for (int i = 0; i < headers; i++) {
            int code = number16(received, position);
            if (code >> 8 == 0xA0) {
                text.append(Integer.toHexString(code));
                position += 2;
            } else {
                text.append(string(received, position));
                position += 2 + code + 1;
            }
            text.append(": ").append(string(received, position)).append('\n');
            position += 2 + number16(received, position) + 1;
        }
        text.append('\n');
    }

    private static String string(byte[] received, int position) {
        int length = number16(received, position);
        return RawSocket.text(Arrays.copyOfRange(received, position + 2, position + 2 + length));
    }

    private static int number16(byte[] bytes, int position) {
        return (bytes[position] & 0xFF) << 8 | (bytes[position + 1] & 0xFF);
    }
}
