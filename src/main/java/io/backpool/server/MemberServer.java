package io.backpool.server;

import io.backpool.config.Config;
import io.backpool.config.PoolConfig;
import io.undertow.server.HttpHandler;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * One member as httpd sees it: an HTTP and an AJP listener in front of the same handler chain. When
 * it starts and stops is the pool's business. Safe for all threads.
 */
public final class MemberServer implements AutoCloseable {
    private final InFlight inFlight = new InFlight();
    private final String route;
    private final Blocking blocking;
    private final Trust trust;
    private final Health health;
    private final Listener http;
    private final @Nullable Listener ajp;

    private MemberServer(
            Config config,
            int index,
            ServerResources resources,
            HttpHandler application,
            RequestObserver observer) {
        PoolConfig pool = config.pool();
        route = pool.route(index);
        blocking = resources.blocking();
        trust = new Trust(config.trust());
        health = new Health(route);
        var chain =
                new HandlerChain(
                        pool.route(index),
                        inFlight,
                        trust,
                        health,
                        new Limits(config.limits()),
                        resources.sessions(),
                        new StickyCookie(
                                config.sessions(), pool.route(index), resources.sessions()),
                        observer,
                        application);
        var httpAddress = new InetSocketAddress(pool.bind(), pool.httpPort(index));
        http = Listener.http(httpAddress, resources, chain);
        ajp = pool.hasAjp() ? openAjp(pool, index, resources, chain) : null;
    }

    /**
     * Binds the ports of member {@code index} and begins to accept, not ready yet.
     *
     * @throws ServerException if a port can't be bound; none is left open then
     */
    public static MemberServer open(
            Config config,
            int index,
            ServerResources resources,
            HttpHandler application,
            RequestObserver observer) {
        var server = new MemberServer(config, index, resources, application, observer);
        server.http.accept();
        if (server.ajp != null) {
            server.ajp.accept();
        }
        return server;
    }

    private Listener openAjp(
            PoolConfig pool, int index, ServerResources resources, HttpHandler chain) {
        try {
            var address = new InetSocketAddress(pool.bind(), pool.ajpPort(index));
            return Listener.ajp(address, resources, chain);
        } catch (ServerException e) {
            http.close();
            throw e;
        }
    }

    public Health health() {
        return health;
    }

    public InFlight inFlight() {
        return inFlight;
    }

    /** What became of its requests for blocking work so far. */
    public AdmissionStats admissionStats() {
        return blocking.stats(route);
    }

    /** What was not believed so far. */
    public TrustStats trustStats() {
        return trust.stats();
    }

    /** What went through the HTTP listener so far. */
    public ListenerStats httpStats() {
        return ListenerStats.of("http", http.statistics());
    }

    /** What went through the AJP listener so far; null without one. */
    public @Nullable ListenerStats ajpStats() {
        return ajp == null ? null : ListenerStats.of("ajp", ajp.statistics());
    }

    /** Closes ports and connections at once; what waits for requests is done before. */
    @Override
    public void close() {
        if (ajp != null) {
            ajp.close();
        }
        http.close();
    }
}
