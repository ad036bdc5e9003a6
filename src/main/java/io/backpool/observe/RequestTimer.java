package io.backpool.observe;

import io.backpool.exchange.RequestFacts;
import io.backpool.server.RequestObserver;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.undertow.server.DefaultResponseListener;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.HttpString;
import io.undertow.util.Methods;
import io.undertow.util.PathTemplateMatch;
import io.undertow.util.StatusCodes;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Times the requests of one member as {@code http.server.requests}. What a client can choose does
 * not choose the number of series: methods are the known ones, {@code uri} is the matched template,
 * at most {@link #MAX_URIS} of them. Called by I/O and worker threads.
 */
final class RequestTimer implements RequestObserver {
    /** More templates than this are counted together, as {@code OTHER}. */
    static final int MAX_URIS = 200;

    private static final Set<HttpString> KNOWN_METHODS =
            Set.of(
                    Methods.GET,
                    Methods.HEAD,
                    Methods.POST,
                    Methods.PUT,
                    Methods.DELETE,
                    Methods.PATCH,
                    Methods.OPTIONS,
                    Methods.TRACE,
                    Methods.CONNECT);

    /** The {@code uri} of health checks. */
    static final String HEALTH = "/health";

    static final Duration[] BUCKETS = {
        Duration.ofMillis(1),
        Duration.ofMillis(2),
        Duration.ofMillis(5),
        Duration.ofMillis(10),
        Duration.ofMillis(25),
        Duration.ofMillis(50),
        Duration.ofMillis(100),
        Duration.ofMillis(250),
        Duration.ofMillis(500),
        Duration.ofSeconds(1),
        Duration.ofMillis(2500),
        Duration.ofSeconds(5),
        Duration.ofSeconds(10),
        Duration.ofSeconds(30)
    };

    private final MeterRegistry registry;
    private final RequestExemplars exemplars;
    private final String member;
    private final ConcurrentMap<Series, Timer> timers = new ConcurrentHashMap<>();
    private final Set<String> uris = ConcurrentHashMap.newKeySet();

    RequestTimer(MeterRegistry registry, RequestExemplars exemplars, String member) {
        this.registry = registry;
        this.exemplars = exemplars;
        this.member = member;
    }

    @Override
    public void completed(HttpServerExchange exchange, long nanos) {
        Throwable failure = exchange.getAttachment(DefaultResponseListener.EXCEPTION);
        var series =
                new Series(
                        method(exchange.getRequestMethod()),
                        uri(exchange),
                        exchange.getStatusCode(),
                        failure == null ? "none" : failure.getClass().getSimpleName(),
                        RequestFacts.protocol(exchange));
        exemplars.current(RequestFacts.of(exchange));
        timer(series).record(nanos, TimeUnit.NANOSECONDS);
        exemplars.current(null);
    }

    /** Almost always there: asked first without what computeIfAbsent costs. */
    private Timer timer(Series series) {
        Timer known = timers.get(series);
        return known == null ? timers.computeIfAbsent(series, this::register) : known;
    }

    private Timer register(Series series) {
        return Timer.builder(MetricNames.REQUESTS)
                .description("Requests that were answered, and the time that it took")
                .serviceLevelObjectives(BUCKETS)
                .tag("method", series.method)
                .tag("uri", series.uri)
                .tag("status", Integer.toString(series.status))
                .tag("outcome", outcome(series.status))
                .tag("exception", series.exception)
                .tag("protocol", series.protocol)
                .tag("member", member)
                .register(registry);
    }

    private static String method(HttpString method) {
        return KNOWN_METHODS.contains(method) ? method.toString() : "OTHER";
    }

    private String uri(HttpServerExchange exchange) {
        @Nullable PathTemplateMatch match =
                exchange.getAttachment(PathTemplateMatch.ATTACHMENT_KEY);
        if (match == null) {
            if (exchange.getStatusCode() == StatusCodes.NOT_FOUND) {
                return "NOT_FOUND";
            }
            return exchange.getRelativePath().startsWith("/health/") ? HEALTH : "UNKNOWN";
        }
        String template = match.getMatchedTemplate();
        boolean known = uris.contains(template) || (uris.size() < MAX_URIS && uris.add(template));
        return known || uris.contains(template) ? template : "OTHER";
    }

    private static String outcome(int status) {
        return switch (status / 100) {
            case 1 -> "INFORMATIONAL";
            case 2 -> "SUCCESS";
            case 3 -> "REDIRECTION";
            case 4 -> "CLIENT_ERROR";
            case 5 -> "SERVER_ERROR";
            default -> "UNKNOWN";
        };
    }

    /** What a timer is looked up by. */
    private record Series(
            String method, String uri, int status, String exception, String protocol) {}
}
