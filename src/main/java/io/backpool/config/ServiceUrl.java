package io.backpool.config;

import java.net.URI;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Where a service is. Its text may hold a password, so only the library that connects is given it:
 * logs and errors show {@link #toString}. Immutable.
 *
 * @param withSecrets the URL as the operator wrote it
 */
public record ServiceUrl(String withSecrets) {
    static final String REDIS = "rediss?(\\+cluster|-sentinel)?://.+";

    /** What {@code RedisLink} reads. */
    static final String REDIS_FORMS =
            "redis://HOST:PORT/DATABASE, redis+cluster://HOST:PORT,HOST:PORT or"
                    + " redis-sentinel://HOST:PORT,HOST:PORT/DATABASE#MASTER (rediss: with TLS)";

    /** Schemes before the path of a file, or nothing. */
    private static final Set<String> FILES = Set.of("memory", "sqlite", "jdbc:sqlite");

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

    /** The URL without user, password and everything else that could be one, whatever its form. */
    @Override
    public String toString() {
        String scheme = scheme();
        String start = withSecrets.substring(0, scheme.isEmpty() ? 0 : scheme.length() + 1);
        String rest = withSecrets.substring(start.length());
        if (FILES.contains(scheme)) {
            return start
                    + rest.replaceAll("(?i)(\\w*(pass|secret|token|key)\\w*)=[^&;]*", "$1=***");
        }
        int at = rest.lastIndexOf('@');
        boolean hasHost = rest.startsWith("//");
        if (at >= 0) {
            rest = (hasHost ? "//" : "***@") + rest.substring(at + 1);
        } else if (!hasHost && !start.isEmpty()) {
            rest = "***";
        }
        return start + rest.replaceAll("([?&;][^=&;]*)=[^&;#]*", "$1=***");
    }
}
