package io.backpool.config;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Hashes by which content is known. Every Java has them. */
public final class Sha256 {
    private Sha256() {}

    /** A new one, of nothing yet. Used by one thread. */
    public static MessageDigest start() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Of all of this, as 64 hexadecimal digits. */
    public static String hex(byte[] content) {
        return HexFormat.of().formatHex(start().digest(content));
    }
}
