package io.backpool.observe;

import io.backpool.balancer.BalancerStats;
import io.backpool.observe.PoolView.MemberView;
import io.backpool.server.EndStats;
import io.backpool.server.ListenerStats;
import io.backpool.server.MemberServer;
import io.backpool.server.MemberState;
import io.backpool.server.RequestObserver;
import io.backpool.server.ServerResources;
import io.backpool.server.ThreadStats;
import io.backpool.server.TrustStats;
import io.micrometer.core.instrument.Clock;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Tags;
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
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.InfoSnapshot;
import io.prometheus.metrics.model.snapshots.InfoSnapshot.InfoDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
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
        FunctionCounter.builder(MetricNames.LOG_LINES_DROPPED, console, Console::dropped)
                .description("Lines that were not printed: no reader, or the disk was full")
                .tag("stream", console.name())
                .register(registry);
    }

    /** Where services show themselves. */
    public ServiceMetrics services() {
        return new ServiceMetrics(registry);
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
        for (Timer timer : registry.find(MetricNames.REQUESTS).tag("member", route).timers()) {
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
                gauge(MetricNames.ADMISSION_QUEUE, route),
                gauge(MetricNames.CONCURRENCY_LIMIT, route),
                gauge(MetricNames.THREADS_BUSY, route, "all"),
                gauge(MetricNames.THREADS_MAX, route, "all"),
                jvm.totalMemory() - jvm.freeMemory(),
                jvm.maxMemory());
    }

    /** Of the first of these members that there is. */
    private int gauge(String name, String... members) {
        for (String member : members) {
            Gauge gauge = registry.find(name).tag("member", member).gauge();
            if (gauge != null) {
                return (int) gauge.value();
            }
        }
        return 0;
    }

    private long shed(String route) {
        FunctionCounter shed =
                registry.find(MetricNames.ADMISSION)
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
        threads(member, resources, MetricNames.THREADS_BUSY, "Threads at work", ThreadStats::busy);
        threads(
                member,
                resources,
                MetricNames.THREADS_CURRENT,
                "Threads that were started",
                ThreadStats::current);
        threads(
                member,
                resources,
                MetricNames.THREADS_MAX,
                "Threads that there may be",
                ThreadStats::max);
        threads(
                member,
                resources,
                MetricNames.QUEUE_SIZE,
                "Requests that wait for a thread",
                ThreadStats::queue);
    }

    private void threads(
            String member,
            ServerResources resources,
            String name,
            String description,
            ToDoubleFunction<ThreadStats> value) {
        Gauge.builder(name, resources, now -> value.applyAsDouble(now.threads()))
                .description(description + "; member=\"all\": shared by all members of the process")
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
                        MetricNames.ACCESS_LOG_LINES,
                        log,
                        observed -> value.applyAsDouble(observed.stats()))
                .description("Lines of the access log; dropped: no reader, failed: disk full")
                .tag("result", result)
                .register(registry);
    }

    /** Shows a member that was opened. */
    public void add(String route, MemberServer member) {
        Gauge.builder(MetricNames.ACTIVE_REQUESTS, member, observed -> observed.inFlight().count())
                .description("Requests begun and not finished")
                .tag("member", route)
                .register(registry);
        members.put(route, member::endStats);
        addEnded(route, member, "request-timeout", EndStats::timeouts);
        addEnded(route, member, "write-timeout", EndStats::unread);
        Gauge.builder(MetricNames.HANDLERS_STUCK, member, observed -> observed.endStats().stuck())
                .description("Handlers that run although their request timed out")
                .tag("member", route)
                .register(registry);
        admission.add(route, member::admissionStats);
        addIgnored(route, member, "malformed", TrustStats::malformed);
        addIgnored(route, member, "untrusted", TrustStats::untrusted);
        addListener(route, member::httpStats);
        if (member.ajpStats() != null) {
            addListener(route, () -> Objects.requireNonNull(member.ajpStats()));
            FunctionCounter.builder(
                            MetricNames.AJP_SECRETS_REFUSED,
                            member,
                            MemberServer::refusedAjpSecrets)
                    .description("AJP requests that were refused for their secret")
                    .tag("member", route)
                    .register(registry);
        }
    }

    /** Shows where every member is in its life: said by the pool or the supervisor, not by both. */
    public void addStates(Supplier<List<MemberView>> members) {
        registry.getPrometheusRegistry().register(() -> states(members.get()));
        registry.getPrometheusRegistry().register(() -> versions(members.get()));
        addUsage(
                members,
                MetricNames.PROCESS_MEMORY,
                "Resident memory of the member's process and its children",
                usage -> usage.memory() > 0 ? usage.memory() : -1);
        addUsage(
                members,
                MetricNames.PROCESS_CPU,
                "CPU that the member's process and its children used since it started",
                usage -> usage.memory() > 0 ? usage.cpu() : -1);
        addUsage(
                members,
                MetricNames.HEALTH_CHECK,
                "What the last health check of the member took",
                Usage::health);
    }

    /** Those that are known: 0 or more. */
    private void addUsage(
            Supplier<List<MemberView>> members,
            String name,
            String help,
            ToDoubleFunction<Usage> value) {
        registry.getPrometheusRegistry()
                .register(
                        () -> {
                            var gauge = GaugeSnapshot.builder().name(name).help(help);
                            for (MemberView member : members.get()) {
                                double known = value.applyAsDouble(member.usage());
                                if (known >= 0) {
                                    gauge.dataPoint(
                                            GaugeDataPointSnapshot.builder()
                                                    .labels(Labels.of("member", member.route()))
                                                    .value(known)
                                                    .build());
                                }
                            }
                            return gauge.build();
                        });
    }

    private static InfoSnapshot versions(List<MemberView> members) {
        var info =
                InfoSnapshot.builder().name(MetricNames.MEMBER_INFO).help("What each member runs");
        for (MemberView member : members) {
            info.dataPoint(
                    InfoDataPointSnapshot.builder()
                            .labels(
                                    Labels.of(
                                            "member", member.route(), "version", member.version()))
                            .build());
        }
        return info.build();
    }

    private static GaugeSnapshot states(List<MemberView> members) {
        var gauge =
                GaugeSnapshot.builder()
                        .name(MetricNames.MEMBER_STATE)
                        .help("1 for the state that the member is in");
        for (MemberView member : members) {
            for (MemberState state : MemberState.values()) {
                String name = state.name().toLowerCase(Locale.ROOT);
                gauge.dataPoint(
                        GaugeDataPointSnapshot.builder()
                                .labels(Labels.of("member", member.route(), "state", name))
                                .value(member.state().equals(name) ? 1 : 0)
                                .build());
            }
        }
        return gauge.build();
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
        return Counter.builder(MetricNames.PROCESS_RESTARTS)
                .description("Ends of a member's process that another one followed")
                .tag("member", route)
                .tag("reason", reason)
                .register(registry);
    }

    /** Counts requests that a member did not wait for when it left: 0 too, to be shown. */
    public void requestsCut(String route, int count) {
        Counter.builder(MetricNames.REQUESTS_CUT)
                .description("Requests that took longer than pool.drain-timeout, and were cut")
                .tag("member", route)
                .register(registry)
                .increment(count);
    }

    /** Forgets a member that is closed; what its going cost stays. */
    public void remove(String route) {
        members.remove(route);
        registry.getMeters().stream()
                .filter(meter -> route.equals(meter.getId().getTag("member")))
                .filter(meter -> !meter.getId().getName().equals(MetricNames.REQUESTS_CUT))
                .forEach(registry::remove);
        admission.remove(route);
    }

    private void addEnded(
            String route, MemberServer member, String limit, ToDoubleFunction<EndStats> count) {
        FunctionCounter.builder(
                        MetricNames.REQUESTS_ENDED,
                        member,
                        observed -> count.applyAsDouble(observed.endStats()))
                .description("Requests that were ended, since a limit of time was over")
                .tag("member", route)
                .tag("limit", limit)
                .register(registry);
    }

    private void addIgnored(
            String route, MemberServer member, String reason, ToDoubleFunction<TrustStats> count) {
        FunctionCounter.builder(
                        MetricNames.TRUST_IGNORED,
                        member,
                        observed -> count.applyAsDouble(observed.trustStats()))
                .description("Requests with forwarding or TLS headers that were not believed")
                .tag("member", route)
                .tag("reason", reason)
                .register(registry);
    }

    private void addListener(String route, Supplier<ListenerStats> stats) {
        Tags tags = Tags.of("member", route, "listener", stats.get().listener());
        Gauge.builder(MetricNames.CONNECTIONS, stats, now -> now.get().connections())
                .description("Open connections")
                .strongReference(true)
                .tags(tags)
                .register(registry);
        count(
                MetricNames.LISTENER_REQUESTS,
                "Requests begun",
                tags,
                stats,
                ListenerStats::requests);
        count(
                MetricNames.LISTENER_ERRORS,
                "Requests answered with 500 or more",
                tags,
                stats,
                ListenerStats::errors);
        count(MetricNames.BYTES_SENT, "Bytes sent", tags, stats, ListenerStats::bytesSent);
        count(
                MetricNames.BYTES_RECEIVED,
                "Bytes received",
                tags,
                stats,
                ListenerStats::bytesReceived);
    }

    private void count(
            String name,
            String description,
            Tags tags,
            Supplier<ListenerStats> stats,
            ToDoubleFunction<ListenerStats> value) {
        FunctionCounter.builder(name, stats, now -> value.applyAsDouble(now.get()))
                .description(description)
                .tags(tags)
                .register(registry);
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
