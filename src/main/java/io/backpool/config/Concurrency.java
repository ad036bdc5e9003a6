package io.backpool.config;

/**
 * How many requests may do blocking work at once in a process.
 *
 * @param limit only for {@link Kind#FIXED}
 */
public record Concurrency(Kind kind, int limit) {
    /** Who finds the number. */
    public enum Kind {
        /** The process: as many as begin in time. */
        ADAPTIVE,
        /** The operator. */
        FIXED,
        /** None: only the threads are limited. */
        OFF
    }

    private static final int MOST = 100_000;

    /**
     * Reads {@code adaptive}, {@code off} or a number.
     *
     * @throws IllegalArgumentException for anything else
     */
    static Concurrency parse(String text) {
        return switch (text) {
            case "adaptive" -> new Concurrency(Kind.ADAPTIVE, 0);
            // What a bare off means in YAML 1.1.
            case "off", "false" -> new Concurrency(Kind.OFF, 0);
            default -> {
                int limit = Integer.parseInt(text);
                if (limit < 1 || limit > MOST) {
                    throw new IllegalArgumentException();
                }
                yield new Concurrency(Kind.FIXED, limit);
            }
        };
    }
}
