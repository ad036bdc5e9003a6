package io.backpool.observe;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/**
 * Every metric of ours: the table in reference.md is printed from this. Dashboards and alerts rely
 * on the names.
 */
enum Metric {
    REQUESTS(
            "http_server_requests_seconds",
            "member method uri status outcome exception protocol",
            "s",
            "Time of requests, a histogram; uri is the route's template, at most 200, then OTHER"),
    REQUESTS_MAX(
            "http_server_requests_seconds_max",
            "member method uri status outcome exception protocol",
            "s",
            "The longest request lately"),
    ACTIVE_REQUESTS("http_server_active_requests", "member", "", "Requests begun and not finished"),
    CONNECTIONS(
            "undertow_connections_current",
            "member listener",
            "",
            "Open connections; listener is http or ajp"),
    LISTENER_REQUESTS("undertow_requests_total", "member listener", "", "Requests begun"),
    LISTENER_ERRORS(
            "undertow_errors_total", "member listener", "", "Requests answered with 500 or more"),
    BYTES_SENT("undertow_bytes_sent_total", "member listener", "bytes", "Bytes sent"),
    BYTES_RECEIVED("undertow_bytes_received_total", "member listener", "bytes", "Bytes received"),
    THREADS_BUSY(
            "undertow_threads_busy",
            "member",
            "",
            "Threads at work; member=\"all\": shared by all members of the process"),
    THREADS_CURRENT(
            "undertow_threads_current",
            "member",
            "",
            "Threads that were started; member=\"all\": shared by all members of the process"),
    THREADS_MAX(
            "undertow_threads_config_max",
            "member",
            "",
            "Threads that there may be; member=\"all\": shared by all members of the process"),
    QUEUE_SIZE(
            "undertow_queue_size",
            "member",
            "",
            "Requests that wait for a thread; member=\"all\": shared by all members of the"
                    + " process"),
    MEMBER_STATE(
            "backpool_member_state", "member state", "", "1 for the state that the member is in"),
    MEMBER_SHARE(
            "backpool_member_share",
            "member",
            "",
            "Share of a whole member's new clients that the pool wants it to get, 0 to 1: less"
                    + " while it starts slowly, is ejected, or a canary by weight"),
    MEMBER_EJECTED(
            "backpool_member_ejected",
            "member",
            "",
            "1 while the member is ejected: it fails, or is slow, and the others are well"),
    PROCESS_MEMORY(
            "backpool_process_memory_bytes",
            "member",
            "bytes",
            "Resident memory of the member's process and its children"),
    PROCESS_CPU(
            "backpool_process_cpu_seconds",
            "member",
            "s",
            "CPU that the member's process and its children used since it started"),
    HEALTH_CHECK(
            "backpool_health_check_seconds",
            "member",
            "s",
            "What the last health check of a member that is a program took"),
    MEMBER_INFO(
            "backpool_member_info",
            "member version",
            "",
            "1 for what the member runs: its version, and the beginning of the jars' hash"),
    ADMISSION(
            "backpool_admission_total",
            "member outcome",
            "",
            "Requests for blocking work: admitted at once, queued, shed (503)"),
    ADMISSION_SHED(
            "backpool_admission_shed_total",
            "member limit",
            "",
            "Requests for blocking work that got 503, by the setting whose limit they met"),
    ADMISSION_WAIT(
            "backpool_admission_wait_seconds",
            "member",
            "s",
            "Time that requests for blocking work waited before they began, a histogram"),
    ADMISSION_QUEUE(
            "backpool_admission_queue",
            "member",
            "",
            "Requests for blocking work that wait for their turn now"),
    CONCURRENCY_LIMIT(
            "backpool_concurrency_limit",
            "member",
            "",
            "Requests of the process that may do blocking work at once; 0: no limit"),
    AJP_SECRETS_REFUSED(
            "backpool_ajp_secrets_refused_total",
            "member",
            "",
            "AJP requests that were refused, since their secret was wrong or absent; the log "
                    + "names the peer"),
    TLS_CERTIFICATE_EXPIRY(
            "backpool_tls_certificate_expiry_seconds",
            "member listener",
            "",
            "When the certificate of a listener expires, as Unix time: http (pool.tls), admin "
                    + "(admin.tls, without a member)"),
    TRUST_IGNORED(
            "backpool_trust_ignored_total",
            "member reason",
            "",
            "Requests with forwarding or TLS headers that were not believed: malformed, untrusted"),
    REQUESTS_ENDED(
            "backpool_requests_ended_total",
            "member limit",
            "",
            "Requests that were ended, since a limit of time was over: request-timeout, "
                    + "write-timeout"),
    HANDLERS_STUCK(
            "backpool_handlers_stuck",
            "member",
            "",
            "Handlers that run although their request timed out"),
    REQUESTS_CUT(
            "backpool_requests_cut_total",
            "member",
            "",
            "Requests that took longer than pool.drain-timeout when their member left, and "
                    + "were cut"),
    PROCESS_RESTARTS(
            "backpool_process_restarts_total",
            "member reason",
            "",
            "Ends of a member's process that another one followed"),
    LOG_LINES_DROPPED(
            "backpool_log_lines_dropped_total",
            "stream",
            "",
            "Lines that were not printed on stdout or stderr, since it was not read or its "
                    + "disk was full"),
    ACCESS_LOG_LINES(
            "backpool_access_log_lines_total",
            "result",
            "",
            "Lines of the access log: written, dropped (no reader), failed (the disk is full)"),
    BALANCER_UP(
            "backpool_balancer_up",
            "balancer httpd",
            "",
            "Whether httpd's balancer-manager could be read last time"),
    MEMBER_ROTATION(
            "backpool_member_rotation",
            "balancer httpd member state",
            "",
            "1 for where httpd has the member: in, out or unknown"),
    PLACE_FAULTS(
            "backpool_place_faults",
            "balancer httpd kind",
            "",
            "Members that httpd lists twice (duplicate), or whose route is in use at two "
                    + "addresses (route_taken)"),
    BALANCER_ACTIONS(
            "backpool_balancer_actions_total",
            "balancer httpd action result",
            "",
            "Changes that were made in httpd's balancer-manager"),
    PROXY_STATUS(
            "apache_proxy_balancer_status",
            "balancer httpd member worker status",
            "",
            "1 for the status that httpd shows of a member, such as Init Ok; member is the "
                    + "route that httpd has"),
    PROXY_ACCESSES(
            "apache_proxy_balancer_accesses_total",
            "balancer httpd member worker",
            "",
            "Requests that httpd gave to a member"),
    PROXY_BUSY(
            "apache_proxy_balancer_busy",
            "balancer httpd member worker",
            "",
            "Requests in flight as httpd counts them"),
    PROXY_REQUEST_KBYTES(
            "apache_proxy_balancer_request_kbytes_total",
            "balancer httpd member worker",
            "KiB",
            "Kilobytes that httpd sent to a member"),
    PROXY_RESPONSE_KBYTES(
            "apache_proxy_balancer_response_kbytes_total",
            "balancer httpd member worker",
            "KiB",
            "Kilobytes that httpd read from a member"),
    APACHE_WORKERS(
            "apache_workers",
            "httpd state",
            "",
            "Threads of httpd that serve a request, or wait for one"),
    APACHE_SCOREBOARD("apache_scoreboard", "httpd state", "", "Threads of httpd by state"),
    CACHE_REQUESTS(
            "backpool_cache_requests_total",
            "result",
            "",
            "Requests to the cache: hit, stale, miss"),
    CACHE_LOADS("backpool_cache_loads_total", "", "", "Values that were computed for the cache"),
    QUEUE_MESSAGES(
            "backpool_queue_messages_total",
            "outcome",
            "",
            "Messages: published, done, retried, dead, duplicate"),
    QUEUE_DEPTH(
            "backpool_queue_depth",
            "",
            "",
            "Messages of all processes that wait, as the engine said within two seconds; NaN "
                    + "while it does not say"),
    SESSIONS(
            "backpool_sessions_total",
            "outcome",
            "",
            "Sessions in Redis: created, found, unknown, written, failed"),
    SERVICE_UP(
            "backpool_service_up",
            "service",
            "",
            "1 if the service did what it was last asked for"),
    DATABASE_ACTIVE(
            "hikaricp_connections_active", "pool", "", "Connections to the database at work"),
    DATABASE_IDLE("hikaricp_connections_idle", "pool", "", "Idle connections to the database"),
    DATABASE_PENDING(
            "hikaricp_connections_pending",
            "pool",
            "",
            "Threads that wait for a connection to the database"),
    DATABASE_MAX(
            "hikaricp_connections_max",
            "pool",
            "",
            "Connections to the database that there may be");

    /** Those of the JVM's meters too. */
    private static final List<String> PREFIXES =
            List.of(
                    "backpool",
                    "http_server_",
                    "undertow_",
                    "hikaricp_",
                    "apache_",
                    "jvm_",
                    "process_",
                    "system_");

    private final String shown;
    private final String base;
    private final List<String> labels;
    private final String unit;
    private final String help;

    Metric(String shown, String labels, String unit, String help) {
        this.shown = shown;
        this.base =
                name().equals("REQUESTS")
                        ? shown.replace("_seconds", "")
                        : shown.replaceFirst("_(total|info)$", "");
        this.labels = labels.isEmpty() ? List.of() : List.of(labels.split(" "));
        this.unit = unit;
        this.help = help;
    }

    /** Whether a name, in Prometheus's spelling or Micrometer's, begins as one of ours does. */
    static boolean isOurs(String name) {
        String spelled = name.replace('.', '_').toLowerCase(Locale.ROOT);
        return PREFIXES.stream().anyMatch(spelled::startsWith);
    }

    /** The whole name, as Prometheus shows it. */
    String shown() {
        return shown;
    }

    /** As clients want it: without what they append for its type. */
    String base() {
        return base;
    }

    List<String> labels() {
        return labels;
    }

    /** {@code s}, {@code bytes}, {@code KiB}; empty: a number of things. */
    String unit() {
        return unit;
    }

    /** One sentence, plain text. */
    String help() {
        return help;
    }

    /**
     * Registers a counter that is read when scraped, as long as {@code stats} is held by anyone.
     */
    <T> void count(
            MeterRegistry registry, Tags tags, Supplier<T> stats, ToDoubleFunction<T> value) {
        FunctionCounter.builder(base, stats, now -> value.applyAsDouble(now.get()))
                .description(help)
                .tags(tags)
                .register(registry);
    }

    /** Registers a gauge that is read when scraped, and holds {@code stats}. */
    <T> void gauge(
            MeterRegistry registry, Tags tags, Supplier<T> stats, ToDoubleFunction<T> value) {
        Gauge.builder(base, stats, now -> value.applyAsDouble(now.get()))
                .description(help)
                .strongReference(true)
                .tags(tags)
                .register(registry);
    }
}
