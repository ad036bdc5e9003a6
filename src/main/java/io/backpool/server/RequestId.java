package io.backpool.server;

import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;

/** Makes the names of requests: unique, not secret. Safe for all threads. */
final class RequestId {
    private static final HexFormat HEX = HexFormat.of();

    private RequestId() {}

    /** 16 hexadecimal digits. */
    static String next() {
        return HEX.toHexDigits(ThreadLocalRandom.current().nextLong());
    }
}
