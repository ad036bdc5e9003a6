package io.backpool.config;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How the user whom httpd authenticated reaches the application.
 *
 * @param userHeader in which trusted proxies name the user over HTTP; null: none does
 * @param attributes names of what else httpd says of the user
 */
public record IdentityConfig(@Nullable String userHeader, List<String> attributes) {
    public IdentityConfig {
        attributes = List.copyOf(attributes);
    }

    /** The header in which a trusted proxy says what the attribute {@code name} is. */
    public static String attributeHeader(String name) {
        return "X-Remote-" + name;
    }
}
