package io.backpool.bench;

import java.util.List;
import java.util.Map;

/**
 * What was promised, and where to look whether it holds.
 *
 * @param base the lane that counts as 1; empty: the figure itself counts
 * @param most otherwise the figure must be at least {@code limit}
 */
record Goal(
        String text,
        String section,
        String metric,
        String lane,
        String base,
        boolean most,
        double limit) {

    static final List<Goal> ALL =
            List.of(
                    atMost(1.15, "CPU, direct, to raw Undertow", "hello", "cpu_us", "direct, backpool", "direct, undertow"),
                    atMost(1.05, "CPU, behind httpd over HTTP, to raw Undertow", "hello", "cpu_us", "http, backpool", "http, undertow"),
                    atMost(1.05, "CPU, behind httpd over AJP, to raw Undertow", "hello", "cpu_us", "ajp, backpool", "ajp, undertow"),
                    atMost(0.7, "CPU, direct, to Tomcat with log and metrics", "hello", "cpu_us", "direct, backpool", "direct, tomcat full"),
                    atMost(1.05, "CPU, blocking handlers on threads, to Undertow's own hand-over", "blocking", "cpu_us", "Java 17, backpool, threads", "Java 17, undertow, threads"),
                    atMost(1.0, "CPU, blocking handlers on virtual threads, to Undertow's own hand-over", "blocking", "cpu_us", "Java 25, backpool, virtual", "Java 25, undertow, threads"),
                    atMost(1.5, "CPU, blocking handlers on threads, to the event loop (stretch)", "blocking", "cpu_us", "Java 17, backpool, threads", "Java 17, undertow, event loop"),
                    atLeast(0.92, "Overload: goodput, to capacity", "overload", "goodput_of_capacity", "backpool, threads"),
                    atMost(0, "Overload: requests that timed out", "overload", "timed_out", "backpool, threads", ""),
                    atMost(250, "Overload: p99 of those accepted, ms", "overload", "p99_ms", "backpool, threads", ""),
                    atMost(1.05, "Overload: CPU a success, to unloaded", "overload", "cpu_success_of_calm", "backpool, threads", ""),
                    atMost(0.75, "Start to first answer of a member process, Java 17, to raw Undertow", "startup", "ready_ms", "Java 17, backpool, member process", "Java 17, undertow"),
                    atMost(0.75, "The same, Java 25", "startup", "ready_ms", "Java 25, backpool, member process", "Java 25, undertow"),
                    atMost(1.15, "Idle memory of a member process, Java 17, to raw Undertow", "memory", "pss_mib", "Java 17, backpool, member process", "Java 17, undertow"),
                    atMost(1.15, "The same, Java 25", "memory", "pss_mib", "Java 25, backpool, member process", "Java 25, undertow"));

    private static Goal atMost(
            double limit, String text, String section, String metric, String lane, String base) {
        return new Goal(text, section, metric, lane, base, true, limit);
    }

    private static Goal atLeast(
            double limit, String text, String section, String metric, String lane) {
        return atLeast(limit, text, section, metric, lane, "");
    }

    private static Goal atLeast(
            double limit, String text, String section, String metric, String lane, String base) {
        return new Goal(text, section, metric, lane, base, false, limit);
    }

    /** A value a round; none if it was not measured. */
    List<Double> measured(Map<String, Results> sections) {
        Results results = sections.getOrDefault(section, Results.empty());
        return base.isEmpty()
                ? results.values(lane, metric)
                : results.ratios(metric, lane, base);
    }

    /** Of the median, rounded as it is shown. */
    boolean isMet(double median) {
        double shown = Math.round(median * 100) / 100.0;
        return most ? shown <= limit : shown >= limit;
    }
}
