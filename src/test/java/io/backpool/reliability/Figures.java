package io.backpool.reliability;

import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** What was done and what it cost, over all runs. Used by one thread. */
final class Figures {
    private final Map<String, Integer> operations = new TreeMap<>();
    private final Map<String, Integer> losses = new TreeMap<>();
    private long requests;
    private long posts;
    private long longestMillis;
    private int failed;
    private int runs;

    void done(Operation operation) {
        operations.merge(operation.kind().name(), 1, Integer::sum);
    }

    void lost(String what) {
        losses.merge(what, 1, Integer::sum);
    }

    void failed(int requests) {
        failed += requests;
    }

    void settled(long millis) {
        longestMillis = Math.max(longestMillis, millis);
    }

    void ended(Load load) {
        runs++;
        requests += load.requests();
        posts += load.posts();
    }

    /** As tables for reliability.md. */
    String table() {
        return "| Operation | Times |\n|---|---|\n"
                + rows(operations)
                + "\n| Requests | |\n|---|---|\n| sent | %,d |\n| of them POSTs | %,d |\n"
                        .formatted(requests, posts)
                + rows(
                        losses.entrySet().stream()
                                .collect(
                                        Collectors.toMap(
                                                entry -> "lost: " + entry.getKey(),
                                                Map.Entry::getValue)))
                + "| failed beside these | %d |\n\n%d runs; the longest wait until all was as it should be: %.1f s\n"
                        .formatted(failed, runs, longestMillis / 1000.0);
    }

    private static String rows(Map<String, Integer> counts) {
        return counts.entrySet().stream()
                .map(entry -> "| %s | %,d |\n".formatted(entry.getKey(), entry.getValue()))
                .collect(Collectors.joining());
    }
}
