package io.backpool.config;

import java.net.URI;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Where a service is. Its text may hold a password, so only the library that connects is given it:
 * logs and errors show {@link #toString}. Immutable.
 *
 * @param withSecrets the URL as the operator wrote it
 */
public record ServiceUrl(String withSecrets) {
    /** The engine: what stands before the first colon, or {@code jdbc:} and the one after it. */
    public String scheme() {
        int end = withSecrets.indexOf(':', withSecrets.startsWith("jdbc:") ? 5 : 0);
        return end < 0 ? "" : withSecrets.substring(0, end).toLowerCase(Locale.ROOT);
    }

    /** What stands behind the scheme. */
    public String withoutScheme() {
        return withSecrets.substring(scheme().length() + 1);
    }

    /**
     * The URL in its parts.
     *
     * @throws IllegalArgumentException if it isn't one or names no host; the message holds no
     *     secret
     */
    public URI uri() {
        URI uri = parse();
        if (uri == null || uri.getHost() == null) {
            throw new IllegalArgumentException(this + " is not a URL with a host");
        }
        return uri;
    }

    /** Null for what isn't a URL: the exception's message would quote the password. */
    private @Nullable URI parse() {
        try {
            return new URI(withSecrets);
        } catch (java.net.URISyntaxException e) {
            return null;
        }
    }

    /** The URL without user, password and everything else that could be one. */
    @Override
    public String toString() {
        return withSecrets
                .replaceAll("//.*@", "//")
                .replaceAll("(?i)(\\w*(password|secret|token)\\w*)=[^&;]*", "$1=***");
    }
}
