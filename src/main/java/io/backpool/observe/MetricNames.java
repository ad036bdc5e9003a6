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
    static final String REQUESTS_CUT = "backpool.requests.cut";
    static final String REQUESTS_ENDED = "backpool.requests.ended";
    static final String HANDLERS_STUCK = "backpool.handlers.stuck";
    static final String PROCESS_RESTARTS = "backpool.process.restarts";
    static final String ACCESS_LOG_LINES = "backpool.access.log.lines";
    static final String LOG_LINES_DROPPED = "backpool.log.lines.dropped";
    static final String ADMISSION = "backpool.admission";
    static final String ADMISSION_SHED = "backpool.admission.shed";
    static final String ADMISSION_QUEUE = "backpool.admission.queue";
    static final String TRUST_IGNORED = "backpool.trust.ignored";
    static final String AJP_SECRETS_REFUSED = "backpool.ajp.secrets.refused";
    static final String CONCURRENCY_LIMIT = "backpool.concurrency.limit";

    static final String THREADS_BUSY = "undertow.threads.busy";
    static final String THREADS_CURRENT = "undertow.threads.current";
    static final String THREADS_MAX = "undertow.threads.config.max";
    static final String QUEUE_SIZE = "undertow.queue.size";

    // As Prometheus's own client wants them: without the _total of counters.
    static final String MEMBER_STATE = "backpool_member_state";
    static final String PROCESS_MEMORY = "backpool_process_memory_bytes";
    static final String PROCESS_CPU = "backpool_process_cpu_seconds";
    static final String HEALTH_CHECK = "backpool_health_check_seconds";
    static final String MEMBER_INFO = "backpool_member";
    static final String ADMISSION_WAIT = "backpool_admission_wait_seconds";
    static final String BALANCER_UP = "backpool_balancer_up";
    static final String MEMBER_ROTATION = "backpool_member_rotation";
    static final String PLACE_FAULTS = "backpool_place_faults";
    static final String BALANCER_ACTIONS = "backpool_balancer_actions";
    static final String PROXY_STATUS = "apache_proxy_balancer_status";
    static final String PROXY_ACCESSES = "apache_proxy_balancer_accesses";
    static final String PROXY_BUSY = "apache_proxy_balancer_busy";
    static final String PROXY_REQUEST_KBYTES = "apache_proxy_balancer_request_kbytes";
    static final String PROXY_RESPONSE_KBYTES = "apache_proxy_balancer_response_kbytes";
    static final String APACHE_WORKERS = "apache_workers";
    static final String APACHE_SCOREBOARD = "apache_scoreboard";

    static final String CACHE_REQUESTS = "backpool.cache.requests";
    static final String CACHE_LOADS = "backpool.cache.loads";
    static final String QUEUE_MESSAGES = "backpool.queue.messages";
    static final String QUEUE_DEPTH = "backpool.queue.depth";
    static final String SESSIONS = "backpool.sessions";
    static final String SERVICE_UP = "backpool.service.up";
    static final String DATABASE_ACTIVE = "hikaricp.connections.active";
    static final String DATABASE_IDLE = "hikaricp.connections.idle";
    static final String DATABASE_PENDING = "hikaricp.connections.pending";
    static final String DATABASE_MAX = "hikaricp.connections.max";

    private MetricNames() {}
}
