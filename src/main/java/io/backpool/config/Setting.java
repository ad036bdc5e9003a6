package io.backpool.config;

/**
 * What the operator wrote for one key.
 *
 * @param origin where: {@code backend.yaml:7}, {@code --http-port} or {@code
 *     BACKPOOL_POOL_HTTP_PORT}
 * @param form how it stands in the file
 */
record Setting(String text, String origin, Form form) {
    /** How a setting is written. */
    enum Form {
        PLAIN,
        LIST,

        /** Its own YAML, on the lines where it stands in the file. */
        SECTION
    }

    Setting(String text, String origin) {
        this(text, origin, Form.PLAIN);
    }
}
