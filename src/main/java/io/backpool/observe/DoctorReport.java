package io.backpool.observe;

import io.undertow.server.HttpServerExchange;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a {@code doctor} command reported last, for the status page. Kept as long as the process
 * runs. Safe for all threads.
 */
final class DoctorReport {
    private static final Pattern COUNT = Pattern.compile("[0-9]{1,4}");
    private static final Pattern ID = Pattern.compile("[A-Za-z0-9-]{1,40}");
    private static final int MAX_IDS = 100;

    private volatile @Nullable Report last;

    /** {@code POST /doctor?findings=2&id=ttl&id=route}: each kind of finding once. */
    Result keep(HttpServerExchange exchange) throws ControlException {
        String count = AdminQuery.first(exchange, "findings");
        if (count == null || !COUNT.matcher(count).matches()) {
            throw ControlError.BAD_VALUE.of(
                    "findings", count == null ? "missing" : count, "a whole number from 0 to 9999");
        }
        int findings = Integer.parseInt(count);
        List<String> ids = AdminQuery.all(exchange, "id");
        if (ids.size() > Math.min(findings, MAX_IDS)
                || !ids.stream().allMatch(id -> ID.matcher(id).matches())) {
            throw ControlError.BAD_VALUE.of(
                    "id", ids, "an id of a finding, such as ttl, no more often than findings says");
        }
        var report = new Report(System.nanoTime(), findings, ids);
        last = report;
        return report.result();
    }

    /** Null: none was reported. */
    @Nullable Result latest() {
        Report report = last;
        return report == null ? null : report.result();
    }

    private record Report(long nanos, int findings, List<String> ids) {
        Result result() {
            return new Result((System.nanoTime() - nanos) / 1_000_000_000, findings, ids);
        }
    }

    /**
     * As it is shown.
     *
     * @param secondsAgo when it was reported
     * @param findings how many there were
     * @param ids of their kinds, in the order in which they were found
     */
    record Result(long secondsAgo, int findings, List<String> ids) {
        Result {
            ids = List.copyOf(ids);
        }
    }
}
