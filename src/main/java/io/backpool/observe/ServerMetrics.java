package io.backpool.observe;

import io.backpool.server.EndStats;
import io.backpool.server.ListenerStats;
import io.backpool.server.MemberServer;
import io.backpool.server.TrustStats;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.time.Instant;
import java.util.Objects;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** Shows what the server of one member counts; read when scraped. */
final class ServerMetrics {
    private final MeterRegistry registry;
    private final String route;
    private final MemberServer member;

    ServerMetrics(MeterRegistry registry, String route, MemberServer member) {
        this.registry = registry;
        this.route = route;
        this.member = member;
    }

    void add() {
        Gauge.builder(Metric.ACTIVE_REQUESTS.base(), member, now -> now.inFlight().count())
                .description(Metric.ACTIVE_REQUESTS.help())
                .tag("member", route)
                .register(registry);
        addEnded("request-timeout", EndStats::timeouts);
        addEnded("write-timeout", EndStats::unread);
        Gauge.builder(Metric.HANDLERS_STUCK.base(), member, now -> now.endStats().stuck())
                .description(Metric.HANDLERS_STUCK.help())
                .tag("member", route)
                .register(registry);
        addIgnored("malformed", TrustStats::malformed);
        addIgnored("untrusted", TrustStats::untrusted);
        addListener(member::httpStats);
        if (member.certificateExpires() != null) {
            addCertificate(registry, route, "http", member::certificateExpires);
        }
        if (member.ajpStats() != null) {
            addListener(() -> Objects.requireNonNull(member.ajpStats()));
            FunctionCounter.builder(
                            Metric.AJP_SECRETS_REFUSED.base(),
                            member,
                            MemberServer::refusedAjpSecrets)
                    .description(Metric.AJP_SECRETS_REFUSED.help())
                    .tag("member", route)
                    .register(registry);
        }
    }

    /**
     * @param member empty: of none
     */
    static void addCertificate(
            MeterRegistry registry,
            String member,
            String listener,
            Supplier<@Nullable Instant> expires) {
        Gauge.builder(
                        Metric.TLS_CERTIFICATE_EXPIRY.base(),
                        expires,
                        now -> Objects.requireNonNull(now.get()).getEpochSecond())
                .strongReference(true)
                .description(Metric.TLS_CERTIFICATE_EXPIRY.help())
                .tags("member", member, "listener", listener)
                .register(registry);
    }

    private void addEnded(String limit, ToDoubleFunction<EndStats> count) {
        FunctionCounter.builder(
                        Metric.REQUESTS_ENDED.base(),
                        member,
                        observed -> count.applyAsDouble(observed.endStats()))
                .description(Metric.REQUESTS_ENDED.help())
                .tag("member", route)
                .tag("limit", limit)
                .register(registry);
    }

    private void addIgnored(String reason, ToDoubleFunction<TrustStats> count) {
        FunctionCounter.builder(
                        Metric.TRUST_IGNORED.base(),
                        member,
                        observed -> count.applyAsDouble(observed.trustStats()))
                .description(Metric.TRUST_IGNORED.help())
                .tag("member", route)
                .tag("reason", reason)
                .register(registry);
    }

    private void addListener(Supplier<ListenerStats> stats) {
        Tags tags = Tags.of("member", route, "listener", stats.get().listener());
        Metric.CONNECTIONS.gauge(registry, tags, stats, ListenerStats::connections);
        Metric.LISTENER_REQUESTS.count(registry, tags, stats, ListenerStats::requests);
        Metric.LISTENER_ERRORS.count(registry, tags, stats, ListenerStats::errors);
        Metric.BYTES_SENT.count(registry, tags, stats, ListenerStats::bytesSent);
        Metric.BYTES_RECEIVED.count(registry, tags, stats, ListenerStats::bytesReceived);
    }
}
