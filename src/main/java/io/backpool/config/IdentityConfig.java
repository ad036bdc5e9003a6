package io.backpool.config;

import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How the user whom httpd authenticated reaches the application.
 *
 * @param userHeader in which trusted proxies name the user over HTTP; null: none does
 * @param attributes names of what else httpd says of the user
 */
public record IdentityConfig(@Nullable String userHeader, List<String> attributes) {
    private static final Pattern ATTRIBUTE_NAME = Pattern.compile("[A-Za-z0-9_-]{1,64}");
    private static final Pattern USED_HEADER =
            Pattern.compile(
                    "(?i)accept.*|authorization|connection|content-.*|cookie|expect|forwarded|host|if-.*"
                        + "|keep-alive|proxy-.*|range|referer|ssl_.*|te|trailer|transfer-encoding"
                        + "|upgrade|user-agent|via|x-forwarded-.*|x-request-id");

    /** A header of its own: one that HTTP or the pool gives a meaning can't carry a user. */
    private static final ValueType<String> HEADER =
            new ValueType<>(
                    "HEADER",
                    "the name of a header that has no other use, such as X-Remote-User",
                    text -> {
                        String name = ValueType.matching(ATTRIBUTE_NAME, text).group();
                        ValueType.require(!USED_HEADER.matcher(name).matches());
                        return name;
                    });

    /** A name that is safe in a header's name, a pattern and an httpd directive. */
    private static final ValueType<String> ATTRIBUTE =
            new ValueType<>(
                    "NAME",
                    "1 to 64 letters, digits, '-' or '_'",
                    text -> ValueType.matching(ATTRIBUTE_NAME, text).group());

    static final KeyList KEYS = new KeyList();

    static final Key<String> USER_HEADER =
            KEYS.add(
                    "identity.user-header",
                    HEADER,
                    null,
                    "Header in which trusted proxies name the user, over HTTP; absent: none.");
    static final Key<List<String>> ATTRIBUTES =
            KEYS.add(
                    "identity.attributes",
                    ValueType.listOf(ATTRIBUTE),
                    null,
                    "What else httpd says of the user, by name: mail,groups; absent: nothing.");

    public IdentityConfig {
        attributes = List.copyOf(attributes);
    }

    /** The header in which a trusted proxy says what the attribute {@code name} is. */
    public static String attributeHeader(String name) {
        return "X-Remote-" + name;
    }

    static IdentityConfig read(Settings from) {
        return new IdentityConfig(
                from.valueOrNull(USER_HEADER),
                Objects.requireNonNullElse(from.valueOrNull(ATTRIBUTES), List.of()));
    }
}
