package io.backpool.config;

import java.util.List;
import java.util.Objects;
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

    static IdentityConfig read(Settings from) {
        return new IdentityConfig(
                from.valueOrNull(Keys.IDENTITY_USER_HEADER),
                Objects.requireNonNullElse(from.valueOrNull(Keys.IDENTITY_ATTRIBUTES), List.of()));
    }
}
