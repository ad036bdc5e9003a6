package io.backpool.observe;

import io.backpool.config.AdminConfig;
import io.backpool.config.ServicesConfig;
import io.backpool.exchange.Problem;
import io.backpool.observe.PoolControl.RestartRequest;
import io.backpool.observe.PoolView.ChangeProgress;
import io.backpool.observe.PoolView.MemberView;
import io.backpool.server.ServerException;
import io.backpool.server.SmallServer;
import io.undertow.Handlers;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.Headers;
import io.undertow.util.PathTemplateMatch;
import io.undertow.util.StatusCodes;
import java.io.ByteArrayOutputStream;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.json.JsonMapper;

/**
 * The admin listener: metrics, health and control of the whole process, on a port and on threads of
 * its own, so that it answers while the members are busy.
 */
public final class AdminServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(AdminServer.class);
    private static final int MAX_NUMBER = 100;

    private final SmallServer server;
    private final Metrics metrics;
    private final PoolView pool;
    private final DeadMessages dead;
    private final JsonMapper json = new JsonMapper();
    private final History history;
    private final DoctorReport doctor = new DoctorReport();
    private final StatusPage page = new StatusPage(() -> json.writeValueAsString(status()));

    private AdminServer(
            AdminConfig config,
            ServicesConfig services,
            Metrics metrics,
            PoolView pool,
            @Nullable PoolControl control) {
        this.metrics = metrics;
        this.pool = pool;
        this.history = new History(pool::members);
        this.dead = new DeadMessages(services);
        var targets = new ScrapeTargets(config, pool);
        HttpHandler routes =
                Handlers.routing()
                        .get("/metrics", exchange -> exchange.dispatch(this::metrics))
                        .get("/health/live", exchange -> health(exchange, true))
                        .get("/health/ready", this::ready)
                        .get("/status", page::page)
                        .get("/status/events", page::stream)
                        .get("/status.json", exchange -> send(exchange, status()))
                        .get("/status/history", exchange -> send(exchange, history.seconds()))
                        .get(
                                "/targets",
                                exchange -> send(exchange, targets.seenAs(exchange.getHostName())))
                        .get("/restart", this::restartProgress)
                        .get("/queue/dead", asked(dead::list))
                        .post("/queue/retry", asked(inPool(control, dead::retry)))
                        .post("/queue/drop", asked(inPool(control, dead::drop)))
                        .post("/doctor", asked(inPool(control, doctor::keep)))
                        .post("/restart", change(control, AdminServer::restart))
                        .post("/upgrade", change(control, AdminServer::upgrade))
                        .post("/pause", change(control, AdminServer::pause))
                        .post("/resume", change(control, (to, exchange) -> to.pause(null)))
                        .post("/scale", change(control, AdminServer::scale))
                        .post("/members/{route}/drain", change(control, AdminServer::drain))
                        .post(
                                "/members/{route}/resume",
                                change(control, (to, exchange) -> to.resume(route(exchange))))
                        .post("/members/{route}/restart", change(control, AdminServer::restart));
        var guarded = new AdminGuard(config, routes);
        this.server =
                SmallServer.open(
                        "admin",
                        new InetSocketAddress(config.bind(), config.port()),
                        config.tls(),
                        config.limits(),
                        guarded);
        if (config.tls() != null) {
            metrics.adminCertificate(server::certificateExpires);
        }
        history.start();
    }

    /**
     * Opens the listener.
     *
     * @param control null: nothing can be changed here
     * @throws ServerException if the port can't be bound
     * @throws io.backpool.config.TlsFileException if the files for TLS can't be used
     */
    public static AdminServer open(
            AdminConfig config,
            ServicesConfig services,
            Metrics metrics,
            PoolView pool,
            @Nullable PoolControl control) {
        return new AdminServer(config, services, metrics, pool, control);
    }

    private void metrics(HttpServerExchange exchange) throws Exception {
        String accepted = exchange.getRequestHeaders().getFirst(Headers.ACCEPT);
        boolean openMetrics = accepted != null && accepted.contains("application/openmetrics-text");
        String mediaType = Metrics.MEDIA_TYPES.get(openMetrics ? 1 : 0);
        exchange.getResponseHeaders().put(Headers.CONTENT_TYPE, mediaType);
        // Not written by this thread, which a client that does not read would hold.
        var text = new ByteArrayOutputStream();
        metrics.write(text, mediaType);
        exchange.getResponseSender().send(ByteBuffer.wrap(text.toByteArray()));
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

    private StatusReport status() {
        return StatusReport.of(pool, history.last(), doctor.latest());
    }

    private void restartProgress(HttpServerExchange exchange) {
        ChangeProgress progress = pool.restartProgress();
        if (progress == null) {
            ControlException none = ControlError.NO_RESTART_YET.of();
            Problem.send(exchange, none.status(), none.getMessage());
        } else {
            send(exchange, progress);
        }
    }

    private static void restart(PoolControl control, HttpServerExchange exchange)
            throws ControlException {
        String to = AdminQuery.first(exchange, "to");
        control.restart(
                new RestartRequest(
                        exchange.getAttachment(PathTemplateMatch.ATTACHMENT_KEY)
                                .getParameters()
                                .get("route"),
                        number(exchange, "parallel", "1"),
                        to == null ? null : Path.of(to),
                        AdminQuery.first(exchange, "weight") == null
                                ? null
                                : number(exchange, "weight", null),
                        AdminQuery.isSet(exchange, "back"),
                        AdminQuery.isSet(exchange, "force"),
                        AdminQuery.isSet(exchange, "surge"),
                        Set.copyOf(AdminQuery.all(exchange, "without"))));
    }

    private static void upgrade(PoolControl control, HttpServerExchange exchange)
            throws ControlException {
        String jar = AdminQuery.first(exchange, "jar");
        control.upgrade(jar == null ? null : Path.of(jar), AdminQuery.isSet(exchange, "force"));
    }

    private static void drain(PoolControl control, HttpServerExchange exchange)
            throws ControlException {
        control.drain(route(exchange), AdminQuery.isSet(exchange, "force"));
    }

    private static void pause(PoolControl control, HttpServerExchange exchange)
            throws ControlException {
        boolean holds = AdminQuery.first(exchange, "hold") != null;
        control.pause(Duration.ofSeconds(holds ? number(exchange, "hold", null) : 0));
    }

    private static void scale(PoolControl control, HttpServerExchange exchange)
            throws ControlException {
        control.scale(number(exchange, "members", null), AdminQuery.isSet(exchange, "force"));
    }

    /** A change is begun here and done elsewhere: 202. */
    private HttpHandler change(@Nullable PoolControl control, Change change) {
        return exchange -> exchange.dispatch(asked -> begin(control, change, asked));
    }

    private void begin(@Nullable PoolControl control, Change change, HttpServerExchange exchange) {
        try {
            if (control == null) {
                throw ControlError.NOT_HERE.of();
            }
            change.begin(control, exchange);
            LOG.info("an operator asked for {}", asked(exchange));
            exchange.setStatusCode(StatusCodes.ACCEPTED);
            send(exchange, status());
        } catch (ControlException e) {
            LOG.info("refused an operator {}: {}", asked(exchange), e.getMessage());
            Problem.send(exchange, e.status(), e.getMessage());
        }
    }

    /** The change in the words of the command line, as sent: {@code members/m1/drain}. */
    private static String asked(HttpServerExchange exchange) {
        String query = exchange.getQueryString();
        return exchange.getRequestPath().substring(1).replaceAll("\\p{Cntrl}", "?")
                + (query.isEmpty() ? "" : "?" + query);
    }

    /** Refused by a member's own listener, as every change is. */
    private static Question inPool(@Nullable PoolControl control, Question question) {
        return exchange -> {
            if (control == null) {
                throw ControlError.NOT_HERE.of();
            }
            return question.answer(exchange);
        };
    }

    /** What is answered as soon as it is done. */
    private HttpHandler asked(Question question) {
        return exchange ->
                exchange.dispatch(
                        asked -> {
                            try {
                                send(asked, question.answer(asked));
                            } catch (ControlException e) {
                                Problem.send(asked, e.status(), e.getMessage());
                            }
                        });
    }

    private static String route(HttpServerExchange exchange) {
        PathTemplateMatch match = exchange.getAttachment(PathTemplateMatch.ATTACHMENT_KEY);
        return Objects.requireNonNull(match.getParameters().get("route"));
    }

    private static int number(HttpServerExchange exchange, String name, @Nullable String absent)
            throws ControlException {
        String given = AdminQuery.first(exchange, name);
        String text = given == null ? absent : given;
        if (text != null && text.matches("[0-9]{1,3}")) {
            int number = Integer.parseInt(text);
            if (number >= 1 && number <= MAX_NUMBER) {
                return number;
            }
        }
        throw ControlError.BAD_VALUE.of(
                name, text == null ? "missing" : text, "a whole number from 1 to " + MAX_NUMBER);
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
        history.close();
        server.close();
        dead.close();
    }

    /** One change that a client may ask for. */
    private interface Change {
        void begin(PoolControl control, HttpServerExchange exchange) throws ControlException;
    }

    /** One question, which may take a while. */
    private interface Question {
        Object answer(HttpServerExchange exchange) throws ControlException;
    }

    /** What {@code /health/*} says. */
    private record HealthReport(
            String status, Map<String, String> members, Map<String, String> services) {}
}
