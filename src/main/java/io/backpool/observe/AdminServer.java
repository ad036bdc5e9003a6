package io.backpool.observe;

import io.backpool.config.AdminConfig;
import io.backpool.config.ServicesConfig;
import io.backpool.exchange.Problem;
import io.backpool.observe.PoolControl.ControlException;
import io.backpool.observe.PoolControl.MemberView;
import io.backpool.observe.PoolControl.RestartProgress;
import io.backpool.server.ServerException;
import io.undertow.Handlers;
import io.undertow.Undertow;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.handlers.BlockingHandler;
import io.undertow.util.Headers;
import io.undertow.util.PathTemplateMatch;
import io.undertow.util.StatusCodes;
import java.net.InetAddress;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/**
 * The admin listener: metrics, health and control of the whole process, on a port and on threads of
 * its own, so that it answers while the members are busy.
 */
public final class AdminServer implements AutoCloseable {
    private static final int MAX_MEMBERS = 100;

    private final Undertow undertow;
    private final InetAddress bind;
    private final int port;
    private final Metrics metrics;
    private final PoolControl pool;
    private final DeadMessages dead;
    private final JsonMapper json = new JsonMapper();
    private final StatusPage page = new StatusPage(() -> json.writeValueAsString(status()));

    private AdminServer(
            AdminConfig config, ServicesConfig services, Metrics metrics, PoolControl pool) {
        this.metrics = metrics;
        this.bind = config.bind();
        this.port = config.port();
        this.pool = pool;
        this.dead = new DeadMessages(services);
        HttpHandler routes =
                Handlers.routing()
                        .get("/metrics", new BlockingHandler(this::metrics))
                        .get("/health/live", exchange -> health(exchange, true))
                        .get("/health/ready", this::ready)
                        .get("/status", page::page)
                        .get("/status/events", page::stream)
                        .get("/status.json", exchange -> send(exchange, status()))
                        .get("/targets", this::targets)
                        .get("/restart", this::restartProgress)
                        .get("/queue/dead", asked(dead::list))
                        .post("/queue/retry", asked(dead::retry))
                        .post("/queue/drop", asked(dead::drop))
                        .post("/restart", change(this::restart))
                        .post("/scale", change(this::scale))
                        .post("/members/{route}/drain", change(e -> pool.drain(route(e))))
                        .post("/members/{route}/resume", change(e -> pool.resume(route(e))))
                        .post("/members/{route}/restart", change(e -> pool.restart(route(e), 1)));
        var guarded = new AdminGuard(config, routes);
        this.undertow =
                Undertow.builder()
                        .setIoThreads(1)
                        .setWorkerThreads(2)
                        .addHttpListener(
                                config.port(),
                                config.bind().getHostAddress(),
                                exchange -> {
                                    exchange.addDefaultResponseListener(Problem.BY_STATUS);
                                    guarded.handleRequest(exchange);
                                })
                        .build();
    }

    /**
     * Opens the listener.
     *
     * @throws ServerException if the port can't be bound
     */
    public static AdminServer open(
            AdminConfig config, ServicesConfig services, Metrics metrics, PoolControl pool) {
        var server = new AdminServer(config, services, metrics, pool);
        try {
            server.undertow.start();
            return server;
        } catch (RuntimeException e) {
            throw new ServerException(
                    "Cannot listen on %s:%d (admin): %s. Is another backend running?"
                            .formatted(
                                    config.bind().getHostAddress(),
                                    config.port(),
                                    e.getCause() == null
                                            ? e.getMessage()
                                            : e.getCause().getMessage()),
                    e);
        }
    }

    private void metrics(HttpServerExchange exchange) throws Exception {
        String accepted = exchange.getRequestHeaders().getFirst(Headers.ACCEPT);
        boolean openMetrics = accepted != null && accepted.contains("application/openmetrics-text");
        String mediaType = Metrics.MEDIA_TYPES.get(openMetrics ? 1 : 0);
        exchange.getResponseHeaders().put(Headers.CONTENT_TYPE, mediaType);
        metrics.write(exchange.getOutputStream(), mediaType);
    }

    private void ready(HttpServerExchange exchange) {
        List<MemberView> members = pool.members();
        boolean all = exchange.getQueryParameters().containsKey("all");
        health(
                exchange,
                all
                        ? !members.isEmpty() && members.stream().allMatch(MemberView::ready)
                        : members.stream().anyMatch(MemberView::ready));
    }

    private void health(HttpServerExchange exchange, boolean up) {
        Map<String, String> states = new TreeMap<>();
        pool.members().forEach(member -> states.put(member.route(), member.state()));
        exchange.setStatusCode(up ? StatusCodes.OK : StatusCodes.SERVICE_UNAVAILABLE);
        send(exchange, new HealthReport(up ? "UP" : "DOWN", states, pool.services()));
    }

    private Status status() {
        return new Status(
                pool.members(),
                pool.services(),
                pool.canRestart(),
                pool.restartProgress(),
                RecentEvents.ofThisProcess().latest());
    }

    /** For Prometheus's {@code http_sd_configs}. */
    private void targets(HttpServerExchange exchange) {
        String host =
                bind.isAnyLocalAddress()
                        ? exchange.getHostName() // what the asker can reach
                        : bind.getHostAddress();
        String address = host.contains(":") ? "[" + host + "]" : host;
        List<String> targets =
                Stream.concat(Stream.of(port), pool.otherAdminPorts().stream())
                        .map(other -> address + ":" + other)
                        .toList();
        send(exchange, List.of(new TargetGroup(targets, Map.of())));
    }

    private void restartProgress(HttpServerExchange exchange) {
        RestartProgress progress = pool.restartProgress();
        if (progress == null) {
            Problem.send(exchange, StatusCodes.NOT_FOUND, "there was no restart yet");
        } else {
            send(exchange, progress);
        }
    }

    private void restart(HttpServerExchange exchange) throws ControlException {
        pool.restart(null, number(exchange, "parallel", "1"));
    }

    private void scale(HttpServerExchange exchange) throws ControlException {
        pool.scale(number(exchange, "members", null));
    }

    /** A change is begun here and done elsewhere: 202. */
    private HttpHandler change(Change change) {
        return exchange -> {
            try {
                change.begin(exchange);
                exchange.setStatusCode(StatusCodes.ACCEPTED);
                send(exchange, status());
            } catch (ControlException e) {
                Problem.send(exchange, e.status(), e.getMessage());
            }
        };
    }

    /** What is answered as soon as it is done. */
    private HttpHandler asked(Question question) {
        return new BlockingHandler(
                exchange -> {
                    try {
                        send(exchange, question.answer(exchange));
                    } catch (ControlException e) {
                        Problem.send(exchange, e.status(), e.getMessage());
                    }
                });
    }

    private static String route(HttpServerExchange exchange) {
        PathTemplateMatch match = exchange.getAttachment(PathTemplateMatch.ATTACHMENT_KEY);
        return Objects.requireNonNull(match.getParameters().get("route"));
    }

    private static int number(HttpServerExchange exchange, String name, @Nullable String absent)
            throws ControlException {
        Deque<String> values = exchange.getQueryParameters().get(name);
        String text = values == null ? absent : values.getFirst();
        if (text != null && text.matches("[0-9]{1,3}")) {
            int number = Integer.parseInt(text);
            if (number >= 1 && number <= MAX_MEMBERS) {
                return number;
            }
        }
        throw new ControlException(
                StatusCodes.BAD_REQUEST,
                "%s: was %s, must be a whole number from 1 to %d"
                        .formatted(name, text == null ? "missing" : text, MAX_MEMBERS));
    }

    private void send(HttpServerExchange exchange, Object answer) {
        exchange.getResponseHeaders()
                .put(Headers.CONTENT_TYPE, "application/json")
                .put(Headers.CACHE_CONTROL, "no-store");
        exchange.getResponseSender().send(json.writeValueAsString(answer));
    }

    @Override
    public void close() {
        page.close();
        undertow.stop();
        dead.close();
    }

    /** One change that a client may ask for. */
    private interface Change {
        void begin(HttpServerExchange exchange) throws ControlException;
    }

    /** One question, which may take a while. */
    private interface Question {
        Object answer(HttpServerExchange exchange) throws ControlException;
    }

    /** What {@code /health/*} says. */
    private record HealthReport(
            String status, Map<String, String> members, Map<String, String> services) {}

    /** What {@code /targets} says. */
    private record TargetGroup(List<String> targets, Map<String, String> labels) {}

    /** What {@code /status.json} says. */
    private record Status(
            List<MemberView> members,
            Map<String, String> services,
            boolean canRestart,
            @Nullable RestartProgress restart,
            List<RecentEvents.Event> events) {}
}
