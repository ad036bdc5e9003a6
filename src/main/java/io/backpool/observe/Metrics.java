package io.backpool.observe;

import io.backpool.balancer.BalancerStats;
import io.backpool.observe.PoolView.MemberView;
import io.backpool.server.EndStats;
import io.backpool.server.MemberServer;
import io.backpool.server.RequestObserver;
import io.backpool.server.ServerResources;
import io.backpool.server.ThreadStats;
import io.micrometer.core.instrument.Clock;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.core.instrument.distribution.CountAtBucket;
import io.micrometer.core.instrument.distribution.HistogramSnapshot;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * The process's metrics, in Micrometer, scraped as Prometheus text. Gauges are read when scraped;
 * only the request timer is touched by a request. Safe for all threads.
 */
public final class Metrics implements AutoCloseable {
    /**
     * Micrometer would put exemplars beside counts as well, where Prometheus (seen: 2.42) refuses
     * the whole scrape: "does not support exemplars".
     */
    private static final PrometheusConfig CONFIG =
            new PrometheusConfig() {
                @Override
                public @Nullable String get(String key) {
                    return null;
                }

                @Override
                public Properties prometheusProperties() {
                    return new Properties();
                }
            };

    private final RequestExemplars exemplars = new RequestExemplars();
    private final PrometheusMeterRegistry registry =
            new PrometheusMeterRegistry(CONFIG, new PrometheusRegistry(), Clock.SYSTEM, exemplars);
    private final JvmGcMetrics gc = new JvmGcMetrics();
    private final ConcurrentMap<String, Supplier<EndStats>> members = new ConcurrentHashMap<>();
    private final AdmissionMetrics admission = new AdmissionMetrics(registry);

    public Metrics() {
        new ClassLoaderMetrics().bindTo(registry);
        new JvmMemoryMetrics().bindTo(registry);
        new JvmThreadMetrics().bindTo(registry);
        gc.bindTo(registry);
        new ProcessorMetrics().bindTo(registry);
        new FileDescriptorMetrics().bindTo(registry);
        new UptimeMetrics().bindTo(registry);
        countDropped(Console.OUT);
        countDropped(Console.ERR);
    }

    private void countDropped(Console console) {
        FunctionCounter.builder(Metric.LOG_LINES_DROPPED.base(), console, Console::dropped)
                .description(Metric.LOG_LINES_DROPPED.help())
                .tag("stream", console.name())
                .register(registry);
    }

    /** Shows when the certificate of the admin listener expires. */
    void adminCertificate(Supplier<@Nullable Instant> expires) {
        ServerMetrics.addCertificate(registry, "", "admin", expires);
    }

    /** Where services show themselves. */
    public ServiceMetrics services() {
        return new ServiceMetrics(registry);
    }

    /**
     * Where the application registers its own meters.
     *
     * @param member the only one of this process, else {@code all}
     */
    public MeterRegistry application(String member) {
        return AppMeters.of(registry, member);
    }

    /** Times every request of one member. */
    public RequestObserver requestObserver(String route) {
        return new RequestTimer(registry, exemplars, route);
    }

    /** What one member answered so far, read from the timers of {@link #requestObserver}. */
    public Traffic traffic(String route) {
        long requests = 0;
        long errors = 0;
        long[] buckets = new long[RequestTimer.BUCKETS.length];
        for (Timer timer : registry.find(Metric.REQUESTS.base()).tag("member", route).timers()) {
            if (!RequestTimer.HEALTH.equals(timer.getId().getTag("uri"))) {
                HistogramSnapshot seen = timer.takeSnapshot();
                requests += seen.count();
                errors += "SERVER_ERROR".equals(timer.getId().getTag("outcome")) ? seen.count() : 0;
                CountAtBucket[] counts = seen.histogramCounts();
                for (int i = 0; i < buckets.length; i++) {
                    buckets[i] += (long) counts[i].count();
                }
            }
        }
        Supplier<EndStats> opened = members.get(route);
        EndStats ends = opened == null ? new EndStats(0, 0, 0) : opened.get();
        long shed = shed(route);
        return new Traffic(
                requests,
                Math.max(0, errors - shed),
                shed,
                ends.timeouts(),
                ends.stuck(),
                load(route),
                Arrays.stream(buckets).boxed().toList());
    }

    private Load load(String route) {
        Runtime jvm = Runtime.getRuntime();
        return new Load(
                gauge(Metric.ADMISSION_QUEUE, route),
                gauge(Metric.CONCURRENCY_LIMIT, route),
                gauge(Metric.THREADS_BUSY, route, "all"),
                gauge(Metric.THREADS_MAX, route, "all"),
                jvm.totalMemory() - jvm.freeMemory(),
                jvm.maxMemory());
    }

    /** Of the first of these members that there is. */
    private int gauge(Metric metric, String... members) {
        for (String member : members) {
            Gauge gauge = registry.find(metric.base()).tag("member", member).gauge();
            if (gauge != null) {
                return (int) gauge.value();
            }
        }
        return 0;
    }

    private long shed(String route) {
        FunctionCounter shed =
                registry.find(Metric.ADMISSION.base())
                        .tags("member", route, "outcome", "shed")
                        .functionCounter();
        return shed == null ? 0 : (long) shed.count();
    }

    /** Shows httpd's side of the pool. */
    public void add(Supplier<List<BalancerStats>> frontEnds) {
        registry.getPrometheusRegistry().register(new FrontEndMetrics(frontEnds));
    }

    /**
     * Shows the threads that members share.
     *
     * @param member the only one of this process, else {@code all}
     */
    public void add(String member, ServerResources resources) {
        threads(member, resources, Metric.THREADS_BUSY, ThreadStats::busy);
        threads(member, resources, Metric.THREADS_CURRENT, ThreadStats::current);
        threads(member, resources, Metric.THREADS_MAX, ThreadStats::max);
        threads(member, resources, Metric.QUEUE_SIZE, ThreadStats::queue);
    }

    private void threads(
            String member,
            ServerResources resources,
            Metric metric,
            ToDoubleFunction<ThreadStats> value) {
        Gauge.builder(metric.base(), resources, now -> value.applyAsDouble(now.threads()))
                .description(metric.help())
                .tag("member", member)
                .register(registry);
    }

    /** Shows how the access log keeps up. */
    public void add(AccessLog log) {
        countLines(log, "written", stats -> stats.written());
        countLines(log, "dropped", stats -> stats.dropped());
        countLines(log, "failed", stats -> stats.failed());
    }

    private void countLines(AccessLog log, String result, ToDoubleFunction<AccessLog.Stats> value) {
        FunctionCounter.builder(
                        Metric.ACCESS_LOG_LINES.base(),
                        log,
                        observed -> value.applyAsDouble(observed.stats()))
                .description(Metric.ACCESS_LOG_LINES.help())
                .tag("result", result)
                .register(registry);
    }

    /** Shows a member that was opened. */
    public void add(String route, MemberServer member) {
        members.put(route, member::endStats);
        admission.add(route, member::admissionStats);
        new ServerMetrics(registry, route, member).add();
    }

    /** Shows where every member is in its life: said by the pool or the supervisor, not by both. */
    public void addStates(Supplier<List<MemberView>> members) {
        registry.getPrometheusRegistry().register(new StateMetrics(members));
    }

    /**
     * Shows how often a member's process ended and another one followed: 0 for every reason, so
     * that a first one shows as one more.
     */
    public void addProcess(String route, Collection<String> reasons) {
        reasons.forEach(reason -> restarts(route, reason));
    }

    /** Counts the end of a member's process that another one follows. */
    public void processRestarted(String route, String reason) {
        restarts(route, reason).increment();
    }

    private Counter restarts(String route, String reason) {
        return Counter.builder(Metric.PROCESS_RESTARTS.base())
                .description(Metric.PROCESS_RESTARTS.help())
                .tag("member", route)
                .tag("reason", reason)
                .register(registry);
    }

    /** Counts requests that a member did not wait for when it left: 0 too, to be shown. */
    public void requestsCut(String route, int count) {
        Counter.builder(Metric.REQUESTS_CUT.base())
                .description(Metric.REQUESTS_CUT.help())
                .tag("member", route)
                .register(registry)
                .increment(count);
    }

    /** Forgets a member that is closed; what its going cost stays. */
    public void remove(String route) {
        members.remove(route);
        registry.getMeters().stream()
                .filter(meter -> route.equals(meter.getId().getTag("member")))
                .filter(meter -> !meter.getId().getName().equals(Metric.REQUESTS_CUT.base()))
                .forEach(registry::remove);
        admission.remove(route);
    }

    /** The media types that {@link #write} can produce, best first. */
    static final List<String> MEDIA_TYPES =
            List.of(
                    "text/plain; version=0.0.4; charset=utf-8",
                    "application/openmetrics-text; version=1.0.0; charset=utf-8");

    /** Writes everything in one of {@link #MEDIA_TYPES}. */
    void write(OutputStream out, String mediaType) throws IOException {
        registry.scrape(out, mediaType);
    }

    @Override
    public void close() {
        gc.close();
        registry.close();
    }
}
