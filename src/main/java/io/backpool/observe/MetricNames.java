package io.backpool.observe;

/** Every name that Prometheus sees of ours, as Micrometer spells it. Dashboards rely on them. */
final class MetricNames {
    static final String REQUESTS = "http.server.requests";
    static final String ACTIVE_REQUESTS = "http.server.active.requests";
    static final String CONNECTIONS = "undertow.connections.current";
    static final String LISTENER_REQUESTS = "undertow.requests";
    static final String LISTENER_ERRORS = "undertow.errors";
    static final String BYTES_SENT = "undertow.bytes.sent";
    static final String BYTES_RECEIVED = "undertow.bytes.received";
    static final String PROCESS_RESTARTS = "backpool.process.restarts";
    static final String ACCESS_LOG_LINES = "backpool.access.log.lines";
    static final String MEMBER_STATE = "backpool.member.state";
    static final String ADMISSION = "backpool.admission";
    static final String CONCURRENCY_LIMIT = "backpool.concurrency.limit";

    private MetricNames() {}
}
