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
    static final KeyList KEYS = new KeyList();

    static final Key<ServiceUrl> URL =
            KEYS.add(
                    "sessions.url",
                    ValueType.url(
                            "memory:|" + ServiceUrl.REDIS, "memory: or " + ServiceUrl.REDIS_FORMS),
                    "memory:",
                    "Where sessions are: memory: or redis://HOST:PORT/DATABASE.");
    static final Key<String> NAME =
            KEYS.add(
                    "sessions.name",
                    ValueType.SAFE_NAME,
                    null,
                    "In each key of Redis; absent: pool.name. The same in two pools: they share"
                            + " sessions.");
    static final Key<String> COOKIE =
            KEYS.add(
                    "sessions.cookie",
                    ValueType.SAFE_NAME,
                    "JSESSIONID",
                    "Name of the session cookie; httpd's stickysession.");
    static final Key<Duration> TIMEOUT =
            KEYS.add(
                    "sessions.timeout",
                    ValueType.duration(Duration.ofSeconds(1), Duration.ofDays(30)),
                    "30m",
                    "A session that is not used is gone after this.");

    static SessionsConfig read(Settings from, PoolConfig pool) {
        return new SessionsConfig(
                from.value(URL), from.ofPool(NAME, pool), from.value(COOKIE), from.value(TIMEOUT));
    }
}
