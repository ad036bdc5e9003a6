package io.backpool.server;

import io.backpool.config.LimitsConfig;
import io.backpool.exchange.PathLimits;
import io.undertow.util.PathTemplateMatcher;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The paths for which the application narrows the configuration's limits. Health checks are none of
 * them. Filled before the first request; safe for all threads then.
 */
public final class LimitedPaths {
    private final LimitsConfig all;

    /** Null while there are none. */
    private volatile @Nullable PathTemplateMatcher<LimitedPath> paths;

    LimitedPaths(LimitsConfig all) {
        this.all = all;
    }

    /**
     * Adds one.
     *
     * @throws IllegalArgumentException if a limit is wider than the configuration's, or the
     *     template is none or has its limits already
     */
    public synchronized void add(String template, PathLimits own) {
        if (own.bodySize() > all.bodySize()) {
            throw wider(
                    template, own.bodySize() + " bytes", "limits.body-size", all.bodySize() + "");
        }
        Duration time = own.time();
        if (time != null && time.compareTo(all.requestTimeout()) > 0) {
            throw wider(
                    template,
                    time.toSeconds() + " s",
                    "limits.request-timeout",
                    all.requestTimeout().toSeconds() + " s");
        }
        PathTemplateMatcher<LimitedPath> table = paths;
        if (table == null) {
            table = new PathTemplateMatcher<>();
        }
        try {
            table.add(template, new LimitedPath(template, own, all));
        } catch (IllegalStateException e) {
            throw new IllegalArgumentException(template + ": has its limits already", e);
        }
        paths = table;
    }

    private static IllegalArgumentException wider(
            String template, String own, String key, String all) {
        return new IllegalArgumentException(
                "%s: %s is more than %s, %s: raise that, and narrow it for other paths, /* for all"
                        .formatted(template, own, key, all));
    }

    /** What holds for this path beside the configuration; null: nothing. */
    @Nullable LimitedPath of(String path) {
        PathTemplateMatcher<LimitedPath> table = paths;
        if (table == null || path.startsWith(Health.PREFIX)) {
            return null;
        }
        PathTemplateMatcher.PathMatchResult<LimitedPath> found = table.match(path);
        return found == null ? null : found.getValue();
    }
}
