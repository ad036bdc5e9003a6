package io.backpool.observe;

import io.backpool.exchange.RequestFacts;
import io.backpool.server.RequestFailedException;
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

    private static final String NOT_FOUND = "NOT_FOUND";
    private static final String UNKNOWN = "UNKNOWN";
    private static final Set<String> NO_TEMPLATES = Set.of(HEALTH, NOT_FOUND, UNKNOWN);

    private static final String OTHER = "OTHER";
    private static final HttpString OTHER_METHOD = new HttpString(OTHER);

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
        Throwable failure =
                RequestFailedException.cause(
                        exchange.getAttachment(DefaultResponseListener.EXCEPTION));
        var series =
                new Series(
                        exchange.getRequestMethod(),
                        uri(exchange),
                        exchange.getStatusCode(),
                        failure == null ? "none" : failure.getClass().getSimpleName(),
                        RequestFacts.protocol(exchange));
        Timer known = timers.get(series);
        exemplars.current(RequestFacts.of(exchange));
        (known == null ? timer(series) : known).record(nanos, TimeUnit.NANOSECONDS);
        exemplars.current(null);
    }

    /** The first of its kind, or one that is counted with others: never found as it came. */
    private Timer timer(Series came) {
        var series =
                new Series(
                        method(came.method),
                        isKnown(came.uri) ? came.uri : OTHER,
                        came.status,
                        came.exception,
                        came.protocol);
        return timers.computeIfAbsent(series, this::register);
    }

    private boolean isKnown(String template) {
        return NO_TEMPLATES.contains(template)
                || uris.contains(template)
                || (uris.size() < MAX_URIS && uris.add(template))
                || uris.contains(template);
    }

    private Timer register(Series series) {
        return Timer.builder(Metric.REQUESTS.base())
                .description(Metric.REQUESTS.help())
                .serviceLevelObjectives(BUCKETS)
                .tag("method", series.method.toString())
                .tag("uri", series.uri)
                .tag("status", Integer.toString(series.status))
                .tag("outcome", outcome(series.status))
                .tag("exception", series.exception)
                .tag("protocol", series.protocol)
                .tag("member", member)
                .register(registry);
    }

    /** As its standard writes it: to Undertow a client's {@code get} is the same. */
    private static HttpString method(HttpString came) {
        return KNOWN_METHODS.stream().filter(came::equals).findFirst().orElse(OTHER_METHOD);
    }

    private static String uri(HttpServerExchange exchange) {
        @Nullable PathTemplateMatch match =
                exchange.getAttachment(PathTemplateMatch.ATTACHMENT_KEY);
        if (match == null) {
            if (exchange.getStatusCode() == StatusCodes.NOT_FOUND) {
                return NOT_FOUND;
            }
            return exchange.getRelativePath().startsWith("/health/") ? HEALTH : UNKNOWN;
        }
        return match.getMatchedTemplate();
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
            HttpString method, String uri, int status, String exception, String protocol) {}
}
