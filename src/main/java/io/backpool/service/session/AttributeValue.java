package io.backpool.service.session;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * A session's attribute as bytes: a letter for the type, then the value. Only plain values: bytes
 * from the network never choose a class to be made, and a new version of the application can read
 * what an old one wrote.
 */
final class AttributeValue {
    static final int MAX_BYTES = 64 << 10;

    private AttributeValue() {}

    /**
     * The bytes of a value.
     *
     * @throws IllegalArgumentException for what is no plain value, or larger than {@link
     *     #MAX_BYTES}
     */
    static byte[] encode(String name, Object value) {
        byte[] bytes = encodePlain(name, value);
        if (bytes.length > MAX_BYTES) {
            throw new IllegalArgumentException(
                    "The session's attribute %s has %d bytes, at most %d are kept"
                            .formatted(name, bytes.length, MAX_BYTES));
        }
        return bytes;
    }

    private static byte[] encodePlain(String name, Object value) {
        if (value instanceof String text) {
            return tagged('s', text.getBytes(StandardCharsets.UTF_8));
        }
        if (value instanceof byte[] bytes) {
            return tagged('x', bytes);
        }
        if (value instanceof Integer number) {
            return tagged('i', ByteBuffer.allocate(Integer.BYTES).putInt(number).array());
        }
        if (value instanceof Long number) {
            return tagged('l', ByteBuffer.allocate(Long.BYTES).putLong(number).array());
        }
        if (value instanceof Double number) {
            return tagged('d', ByteBuffer.allocate(Double.BYTES).putDouble(number).array());
        }
        if (value instanceof Boolean truth) {
            return tagged('b', new byte[] {(byte) (truth ? 1 : 0)});
        }
        throw new IllegalArgumentException(
                "The session's attribute %s is a %s; kept are String, byte[], Integer, Long, Double"
                                .formatted(name, value.getClass().getName())
                        + " and Boolean: write it as one of them, such as JSON");
    }

    static Object decode(byte[] bytes) {
        ByteBuffer value = ByteBuffer.wrap(bytes, 1, bytes.length - 1);
        return switch (bytes[0]) {
            case 's' -> StandardCharsets.UTF_8.decode(value).toString();
            case 'i' -> value.getInt();
            case 'l' -> value.getLong();
            case 'd' -> value.getDouble();
            case 'b' -> value.get() == 1;
            default -> java.util.Arrays.copyOfRange(bytes, 1, bytes.length);
        };
    }

    private static byte[] tagged(char type, byte[] value) {
        return ByteBuffer.allocate(1 + value.length).put((byte) type).put(value).array();
    }
}
