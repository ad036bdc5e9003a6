package io.backpool.config;

import java.time.Duration;

/**
 * Sessions of the members.
 *
 * @param url {@code memory:}, or Redis, where a session outlives its member
 * @param cookie name of the cookie, what httpd's {@code stickysession} looks for
 * @param timeout a session that nobody asks for is gone after this
 */
public record SessionsConfig(ServiceUrl url, String cookie, Duration timeout) {}
