package io.backpool.config;

import java.util.Collection;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;

/** Which setting was meant by a name that none has. */
final class NearestName {
    /** What people write whose word is far from ours. */
    private static final Map<String, String> OTHER_WORDS =
            Map.of(
                    "balancers.url", "balancers.manager",
                    "balancers.balancer", "balancers.name",
                    "balancers.password", "balancers.password-file",
                    "pool.port", "pool.http-port",
                    "pool.host", "pool.bind",
                    "admin.host", "admin.bind",
                    "admin.token", "admin.token-file");

    private NearestName() {}

    /** What a message ends with: {@code , did you mean pool.bind?}; empty: nothing is near. */
    static String hint(String name, Collection<String> known) {
        return of(name, known).map(it -> ", did you mean " + it + "?").orElse("");
    }

    /** The one of {@code known} that was meant; empty: none is near. */
    static Optional<String> of(String name, Collection<String> known) {
        String other = OTHER_WORDS.get(name);
        if (other != null && known.contains(other)) {
            return Optional.of(other);
        }
        int tolerated = Math.max(2, name.length() / 3);
        return known.stream()
                .filter(candidate -> distance(name, candidate) <= tolerated)
                .min(
                        Comparator.comparingInt((String candidate) -> distance(name, candidate))
                                .thenComparing(Comparator.naturalOrder()));
    }

    /** Levenshtein's distance. */
    private static int distance(String a, String b) {
        int[] previous = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            previous[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int[] current = new int[b.length() + 1];
            current[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int change = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
                current[j] =
                        Math.min(
                                Math.min(current[j - 1], previous[j]) + 1,
                                previous[j - 1] + change);
            }
            previous = current;
        }
        return previous[b.length()];
    }
}
