package io.backpool.pool;

import io.backpool.app.Application;
import io.backpool.config.Config;
import io.backpool.config.PoolConfig;
import io.backpool.observe.AdminServer;
import io.backpool.observe.Metrics;
import io.backpool.server.AjpSecret;
import io.backpool.server.MemberServer;
import io.backpool.server.ServerResources;
import io.undertow.server.HttpHandler;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A running pool: introduces application, members and observers to each other, and takes them down
 * in reverse. Started by one thread, closed by any, once or more.
 */
public final class Pool implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Pool.class);

    private final Config config;
    private final List<Lifecycle> members = new ArrayList<>();

    /** What was opened, last first. */
    private final Deque<AutoCloseable> opened = new ArrayDeque<>();

    private boolean closed;

    private Pool(Config config) {
        this.config = config;
    }

    /**
     * Starts everything and returns when every member serves.
     *
     * @throws io.backpool.config.ConfigException if a file that the configuration names can't be
     *     used
     * @throws io.backpool.server.ServerException if a port can't be bound
     * @throws Exception what the application threw; whatever the failure, nothing stays open
     */
    public static Pool start(Config config, Application application) throws Exception {
        var pool = new Pool(config);
        try {
            pool.open(application);
            return pool;
        } catch (Exception e) {
            pool.closeAfter(e);
            throw e;
        }
    }

    private void open(Application application) throws Exception {
        PoolConfig pool = config.pool();
        if (pool.hasAjp()) {
            tell(AjpSecret.load(pool));
        }
        var metrics = opening(new Metrics());
        var resources = opening(ServerResources.open(config));
        HttpHandler handler = application.start(resources.blocking()::wrap);
        opening(application);
        opening(this::stopMembers);
        for (int index = 1; index <= pool.members(); index++) {
            members.add(openMember(index, resources, handler, metrics));
        }
        opening(AdminServer.open(config.admin(), metrics, this::servers));
        members.forEach(Lifecycle::serve);
        for (int index = 1; index <= pool.members(); index++) {
            LOG.info("{} - serving {}", pool.route(index), addresses(pool, index));
        }
        LOG.info(
                "admin - http://{}:{}",
                config.admin().bind().getHostAddress(),
                config.admin().port());
    }

    private Lifecycle openMember(
            int index, ServerResources resources, HttpHandler handler, Metrics metrics) {
        String route = config.pool().route(index);
        var server =
                MemberServer.open(
                        config, index, resources, handler, metrics.requestObserver(route));
        metrics.add(route, server);
        return new Lifecycle(config, index, server);
    }

    private Map<String, MemberServer> servers() {
        Map<String, MemberServer> servers = new LinkedHashMap<>();
        members.forEach(member -> servers.put(member.route(), member.server()));
        return servers;
    }

    /** All leave together, so that the wait is one member's. */
    private void stopMembers() throws InterruptedException {
        members.forEach(Lifecycle::leave);
        for (Lifecycle member : members) {
            member.stop();
        }
    }

    private <T extends AutoCloseable> T opening(T part) {
        opened.push(part);
        return part;
    }

    /**
     * Lets requests in flight finish, at most {@code pool.drain-timeout}, and closes everything.
     * Goes on past a failure and throws all of them together.
     */
    @Override
    public synchronized void close() throws Exception {
        if (closed) {
            return;
        }
        var failure = new Exception("The pool did not stop cleanly");
        closeAfter(failure);
        if (failure.getSuppressed().length > 0) {
            throw failure;
        }
    }

    private synchronized void closeAfter(Exception failure) {
        closed = true;
        while (!opened.isEmpty()) {
            try {
                opened.pop().close();
            } catch (Exception e) {
                failure.addSuppressed(e);
            }
        }
    }

    private static void tell(AjpSecret secret) {
        LOG.info(
                "AJP secret {} {}; httpd includes {}",
                secret.made() ? "made in" : "read from",
                secret.file(),
                secret.file().resolveSibling("ajp-secret.conf"));
    }

    private static String addresses(PoolConfig pool, int index) {
        String host = pool.bind().getHostAddress();
        String http = "http://%s:%d".formatted(host, pool.httpPort(index));
        return pool.hasAjp() ? http + " ajp://%s:%d".formatted(host, pool.ajpPort(index)) : http;
    }
}
