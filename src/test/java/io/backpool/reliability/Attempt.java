package io.backpool.reliability;

import org.jspecify.annotations.Nullable;

/**
 * A request that failed.
 *
 * @param front index of the httpd that was asked
 * @param route of the member that it sticks to; null: any
 * @param begin and
 * @param end by {@link System#nanoTime}
 * @param answered whether httpd gave an answer, if a wrong one, and did not just close
 */
record Attempt(
        String id,
        int front,
        @Nullable String route,
        long begin,
        long end,
        boolean answered,
        String failure) {
    @Override
    public String toString() {
        return "%s at h%d%s after %d ms: %s"
                .formatted(
                        id,
                        front + 1,
                        route == null ? "" : " for " + route,
                        (end - begin) / 1_000_000,
                        failure);
    }
}
