package io.backpool.config;

/** The application log, on standard error. */
public record LogConfig(Format format) {
    /** What an event looks like. */
    public enum Format {
        /** Time, level and message, for people. */
        PATTERN,
        /** One object a line, in the names of the Elastic Common Schema. */
        JSON
    }

    static LogConfig read(Settings from) {
        return new LogConfig(from.value(Keys.LOG_FORMAT));
    }
}
