package io.backpool.server;

import io.backpool.config.Config;
import io.backpool.config.PoolConfig;
import io.backpool.exchange.Refusal;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.AttachmentKey;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import javax.net.SocketFactory;
import org.jspecify.annotations.Nullable;

/**
 * One member as httpd sees it: an HTTP and an AJP listener in front of the same handler chain. When
 * it starts and stops is the pool's business. Safe for all threads.
 */
public final class MemberServer implements AutoCloseable {
    private static final String SELF_CHECK =
            "GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

    private static final String SELF_CHECK_ANSWER = "HTTP/1.1 200";
    private static final int SELF_CHECK_MILLIS = 10_000;

    /** No connection has that port. */
    private static final int NONE = -1;

    /** Of a request of {@link #warmUp}. */
    private static final AttachmentKey<Boolean> OWN = AttachmentKey.create(Boolean.class);

    /** Fewer wait for a thread while held ones begin: no overload, and no thread is idle. */
    private static final int FEW = 4;

    private final InFlight inFlight;
    private final Hold hold;
    private final ServerResources resources;
    private final InetSocketAddress address;
    private final String route;
    private final Blocking blocking;
    private final Trust trust;
    private final Health health;
    private final RefusedSecrets refusedSecrets;
    private final @Nullable ListenerTls tls;
    private final Listener http;
    private final @Nullable Listener ajp;

    /** Of the connection of the request that warms up now. */
    private volatile int warmUpPort = NONE;

    private volatile boolean refusesOwn;

    private MemberServer(
            Config config,
            int index,
            ServerResources resources,
            HttpHandler application,
            RequestObserver observer) {
        PoolConfig pool = config.pool();
        route = pool.route(index);
        this.resources = resources;
        blocking = resources.blocking();
        Sessions sessions = resources.sessions();
        inFlight =
                new InFlight(
                        route,
                        config.limits(),
                        exchange -> {
                            sessions.completed(exchange);
                            if (exchange.getAttachment(OWN) == null) {
                                long nanos = System.nanoTime() - exchange.getRequestStartTime();
                                observer.completed(exchange, nanos);
                            }
                        });
        trust = new Trust(config.trust(), pool.tls());
        refusedSecrets = new RefusedSecrets(route, System::nanoTime);
        int few = Math.max(1, Math.min(FEW, config.limits().queue()));
        hold =
                new Hold(
                        () -> blocking.waiting() >= few,
                        (millis, task) ->
                                EventLoops.executeAfter(
                                        resources.worker().getIoThread(0),
                                        millis * 1_000_000,
                                        task),
                        System::nanoTime);
        health = new Health(route, resources, this::drained);
        var steps =
                new HandlerChain(
                        pool.route(index),
                        inFlight,
                        trust,
                        health,
                        hold,
                        new Limits(
                                config.limits(),
                                resources.pathLimits(),
                                limit -> blocking.refused(route, limit)),
                        resources.sessions(),
                        new StickyCookie(
                                config.sessions(), pool.route(index), resources.sessions()),
                        exchange -> {
                            if (refusesOwn && exchange.getAttachment(OWN) != null) {
                                Refusal.attach(exchange, Limit.QUEUE_WAIT.setting());
                                Refusal.answer(exchange);
                            } else {
                                application.handleRequest(exchange);
                            }
                        });
        HttpHandler chain =
                exchange -> {
                    markOwn(exchange);
                    steps.handleRequest(exchange);
                };
        Endpoint endpoint = Endpoint.http(pool, index);
        address = endpoint.address();
        tls = resources.tls();
        http =
                tls != null
                        ? Listener.https(
                                endpoint,
                                resources.worker(),
                                resources.buffers(),
                                resources.httpOptions(),
                                resources.socketOptions(),
                                tls,
                                chain)
                        : Listener.http(
                                endpoint,
                                resources.worker(),
                                resources.buffers(),
                                resources.httpOptions(),
                                resources.socketOptions(),
                                resources.watch(),
                                chain);
        ajp = pool.hasAjp() ? openAjp(pool, index, resources, chain) : null;
    }

    /**
     * Binds the ports and sockets of member {@code index} and begins to accept, not ready yet.
     *
     * @throws ServerException if one can't be bound; none is left open then
     */
    public static MemberServer open(
            Config config,
            int index,
            ServerResources resources,
            HttpHandler application,
            RequestObserver observer) {
        var server = new MemberServer(config, index, resources, application, observer);
        resources.watch().add(server.inFlight);
        server.http.accept();
        if (server.ajp != null) {
            server.ajp.accept();
        }
        return server;
    }

    /**
     * Asks this member for these paths, before it is ready; the requests are neither measured nor
     * logged. {@link WarmUp} says what is done about failures. One more is refused before them: a
     * process that is first flooded must refuse quickly, and loads nothing then.
     */
    public void warmUp(List<String> paths) {
        refusesOwn = true;
        WarmUp.ask(address, sockets(), port -> warmUpPort = port);
        refusesOwn = false;
        WarmUp.run(route, address, sockets(), paths, port -> warmUpPort = port);
        warmUpPort = NONE;
    }

    /** Marks one of {@link #warmUp} as it begins: it may end after the next one has begun. */
    private void markOwn(HttpServerExchange exchange) {
        int own = warmUpPort;
        if (own != NONE
                && exchange.getConnection().getPeerAddress() instanceof InetSocketAddress peer
                && peer.getPort() == own) {
            exchange.putAttachment(OWN, true);
        }
    }

    private Listener openAjp(
            PoolConfig pool, int index, ServerResources resources, HttpHandler chain) {
        try {
            return Listener.ajp(Endpoint.ajp(pool, index), resources, refusedSecrets, chain);
        } catch (ServerException e) {
            http.close();
            throw e;
        }
    }

    public Health health() {
        return health;
    }

    private void drained(boolean leaves) {
        inFlight.drain(leaves);
        if (leaves) {
            hold.leave();
        }
    }

    /**
     * Lets requests that come from now on wait, but for health checks, and asks for the end of all
     * answers that stay open.
     *
     * @param longest how long one waits before it is refused; zero: they are let in
     */
    public void hold(Duration longest) {
        if (longest.isZero()) {
            hold.end();
        } else {
            hold.begin(longest);
            inFlight.drain(false);
        }
    }

    /** How many wait so; -1: requests begin as they come. */
    public int held() {
        return hold.count();
    }

    public InFlight inFlight() {
        return inFlight;
    }

    /** What became of its requests for blocking work so far. */
    public AdmissionStats admissionStats() {
        return blocking.stats(route);
    }

    /**
     * Runs {@code end} on the event loop of this exchange when its member is drained or leaves, at
     * once if it leaves already. Forgotten when the exchange ends, or its connection where that was
     * upgraded.
     */
    public static void onDrain(HttpServerExchange exchange, Runnable end) {
        LiveRequest request = LiveRequest.of(exchange);
        if (request != null) {
            request.onDrain(end);
        }
    }

    /** Requests that were ended from outside so far. */
    public EndStats endStats() {
        return inFlight.stats();
    }

    /** What was not believed so far. */
    public TrustStats trustStats() {
        return trust.stats();
    }

    /** AJP requests that were refused for their secret so far. */
    public long refusedAjpSecrets() {
        return refusedSecrets.count();
    }

    /** When the certificate that it shows httpd expires; null: there is no TLS. */
    public @Nullable Instant certificateExpires() {
        return tls == null ? null : tls.expires();
    }

    /** What went through the HTTP listener so far. */
    public ListenerStats httpStats() {
        return ListenerStats.of("http", http.statistics());
    }

    /** What went through the AJP listener so far; null without one. */
    public @Nullable ListenerStats ajpStats() {
        return ajp == null ? null : ListenerStats.of("ajp", ajp.statistics());
    }

    /**
     * Asks this member over its own HTTP port whether it lives, before httpd is notified. Not
     * whether it is ready: that question is what a leaving member takes for httpd's.
     *
     * @throws ServerException if it does not say so
     */
    public void checkSelf() {
        try (Socket socket = sockets().createSocket(address.getAddress(), address.getPort())) {
            socket.setSoTimeout(SELF_CHECK_MILLIS);
            socket.getOutputStream().write(SELF_CHECK.getBytes(StandardCharsets.US_ASCII));
            byte[] head = socket.getInputStream().readNBytes(SELF_CHECK_ANSWER.length());
            String answer = new String(head, StandardCharsets.US_ASCII);
            if (!answer.equals(SELF_CHECK_ANSWER)) {
                throw new IOException("/health/live answered " + answer);
            }
        } catch (IOException e) {
            throw new ServerException("A member does not serve itself: " + e.getMessage(), e);
        }
    }

    private SocketFactory sockets() {
        return tls == null ? SocketFactory.getDefault() : tls.ofPool().getSocketFactory();
    }

    /** Closes ports, sockets and connections at once; what waits for requests is done before. */
    @Override
    public void close() {
        hold.end();
        if (ajp != null) {
            ajp.close();
        }
        http.close();
        resources.watch().remove(inFlight);
    }
}
