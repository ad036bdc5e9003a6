package io.backpool.config;

import java.time.Duration;

/**
 * Sessions of the members.
 *
 * @param url {@code memory:}, or Redis, where a session outlives its member
 * @param name stands in each key of Redis: pools with the same one share their sessions
 * @param cookie name of the cookie, what httpd's {@code stickysession} looks for
 * @param timeout an unused session is gone after this
 */
public record SessionsConfig(ServiceUrl url, String name, String cookie, Duration timeout) {
    static SessionsConfig read(Settings from, PoolConfig pool) {
        return new SessionsConfig(
                from.value(Keys.SESSION_URL),
                from.ofPool(Keys.SESSION_NAME, pool),
                from.value(Keys.SESSION_COOKIE),
                from.value(Keys.SESSION_TIMEOUT));
    }
}
