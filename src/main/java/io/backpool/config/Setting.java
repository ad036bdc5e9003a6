package io.backpool.config;

/**
 * What the operator wrote for one key.
 *
 * @param origin where: {@code backend.yaml:7}, {@code --http-port} or {@code
 *     BACKPOOL_POOL_HTTP_PORT}
 * @param isList whether it is a list in the file
 */
record Setting(String text, String origin, boolean isList) {
    Setting(String text, String origin) {
        this(text, origin, false);
    }
}
