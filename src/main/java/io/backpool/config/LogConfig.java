package io.backpool.config;

/** The application log, on standard error. */
public record LogConfig(Format format) {
    static final KeyList KEYS = new KeyList();

    static final Key<Format> FORMAT =
            KEYS.add(
                    "log.format",
                    ValueType.choice(Format.class),
                    "pattern",
                    "What happens, on standard error: for people, or JSON in ECS names.");

    /** What an event looks like. */
    public enum Format {
        /** Time, level and message, for people. */
        PATTERN,
        /** One object a line, in the names of the Elastic Common Schema. */
        JSON
    }

    static LogConfig read(Settings from) {
        return new LogConfig(from.value(FORMAT));
    }
}
