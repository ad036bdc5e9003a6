package io.backpool.pool;

import io.backpool.app.Application;
import io.backpool.balancer.FrontEnds;
import io.backpool.config.Config;
import io.backpool.config.PoolConfig;
import io.backpool.observe.AdminServer;
import io.backpool.observe.Metrics;
import io.backpool.observe.PoolControl;
import io.backpool.server.AjpSecret;
import io.backpool.server.MemberServer;
import io.backpool.server.ServerException;
import io.backpool.server.ServerResources;
import io.undertow.server.HttpHandler;
import io.undertow.util.StatusCodes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A running pool whose members share this JVM: introduces application, members and observers to
 * each other, and takes them down in reverse. Started by one thread, closed by any, once or more.
 */
public final class Pool implements PoolControl, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Pool.class);

    private final Config config;
    private final ServerResources resources;
    private final HttpHandler handler;
    private final Metrics metrics;
    private final FrontEnds frontEnds;
    private final Teardown teardown;

    private final ExecutorService control =
            Executors.newSingleThreadExecutor(task -> new Thread(task, "control"));

    /** By index, from 1. Guarded by itself. */
    private final List<Lifecycle> members = new ArrayList<>();

    private Pool(
            Config config,
            ServerResources resources,
            HttpHandler handler,
            Metrics metrics,
            FrontEnds frontEnds,
            Teardown teardown) {
        this.config = config;
        this.resources = resources;
        this.handler = handler;
        this.metrics = metrics;
        this.frontEnds = frontEnds;
        this.teardown = teardown;
    }

    /**
     * Starts everything and returns when every member serves.
     *
     * @throws io.backpool.config.ConfigException if a file that the configuration names can't be
     *     used
     * @throws ServerException if a port can't be bound
     * @throws Exception what the application threw; whatever the failure, nothing stays open
     */
    public static Pool start(Config config, Application application) throws Exception {
        var teardown = new Teardown();
        try {
            if (config.pool().hasAjp()) {
                tell(AjpSecret.load(config.pool()));
            }
            var metrics = teardown.add(new Metrics());
            var resources = teardown.add(ServerResources.open(config));
            HttpHandler handler = application.start(resources.blocking()::wrap);
            teardown.add(application);
            var frontEnds = teardown.add(FrontEnds.open(config));
            var pool = new Pool(config, resources, handler, metrics, frontEnds, teardown);
            teardown.add(AdminServer.open(config.admin(), metrics, pool));
            teardown.add(pool::stopMembers);
            pool.join(pool.openUpTo(config.pool().members()));
            tell(config);
            return pool;
        } catch (Exception e) {
            teardown.closeAfter(e);
            throw e;
        }
    }

    @Override
    public List<MemberView> members() {
        synchronized (members) {
            return members.stream().map(Lifecycle::view).toList();
        }
    }

    @Override
    public void drain(String route) throws ControlException {
        member(route).drain();
    }

    @Override
    public void resume(String route) throws ControlException {
        member(route).resume();
    }

    @Override
    public void restart(@Nullable String route, int parallel) throws ControlException {
        throw new ControlException(
                StatusCodes.CONFLICT,
                "members share one process: only with pool.processes: true can they be restarted"
                        + " one by one");
    }

    @Override
    public @Nullable RestartProgress restartProgress() {
        return null;
    }

    @Override
    public void scale(int count) throws ControlException {
        try {
            List<Lifecycle> added = openUpTo(count);
            added.forEach(Lifecycle::join);
            inBackground(() -> join(added));
        } catch (ServerException e) {
            throw new ControlException(StatusCodes.CONFLICT, String.valueOf(e.getMessage()));
        }
        inBackground(() -> remove(beyond(count)));
    }

    /** Puts members into the rotation, and waits until they are. */
    private void join(List<Lifecycle> added) throws InterruptedException {
        added.forEach(Lifecycle::join);
        frontEnds.awaitAgreed(added.stream().map(Lifecycle::index).toList());
        added.forEach(Lifecycle::serve);
    }

    /** Opens the members that are missing; those that were opened before a failure stay. */
    private List<Lifecycle> openUpTo(int count) {
        List<Lifecycle> added = new ArrayList<>();
        synchronized (members) {
            while (members.size() < count) {
                Lifecycle member = openMember(members.size() + 1);
                members.add(member);
                added.add(member);
            }
        }
        return added;
    }

    private Lifecycle openMember(int index) {
        String route = config.pool().route(index);
        var server =
                MemberServer.open(
                        config, index, resources, handler, metrics.requestObserver(route));
        metrics.add(route, server);
        return new Lifecycle(config, index, server, frontEnds);
    }

    private List<Lifecycle> beyond(int count) {
        synchronized (members) {
            return count < members.size()
                    ? List.copyOf(members.subList(count, members.size()))
                    : List.of();
        }
    }

    private void remove(List<Lifecycle> leaving) throws InterruptedException {
        Lifecycle.stop(leaving, frontEnds, config.pool().stickyGrace());
        for (Lifecycle member : leaving) {
            frontEnds.forget(member.index());
            metrics.remove(member.route());
            synchronized (members) {
                members.remove(member);
            }
            LOG.info("{} - stopped", member.route());
        }
    }

    /** One change at a time, in the order in which they were asked for. */
    private void inBackground(Task task) {
        control.execute(
                () -> {
                    try {
                        task.run();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                });
    }

    private Lifecycle member(String route) throws ControlException {
        synchronized (members) {
            return members.stream()
                    .filter(member -> member.route().equals(route))
                    .findFirst()
                    .orElseThrow(
                            () ->
                                    new ControlException(
                                            StatusCodes.NOT_FOUND, "no member has this route"));
        }
    }

    /** All leave together: whoever sticks to one of them has nowhere to go. */
    private void stopMembers() throws InterruptedException {
        control.shutdownNow();
        Lifecycle.stop(beyond(0), frontEnds, Duration.ZERO);
    }

    /**
     * Lets requests in flight finish, at most {@code pool.drain-timeout}, and closes everything.
     * Goes on past a failure and throws all of them together.
     */
    @Override
    public void close() throws Exception {
        var failure = new Exception("The pool did not stop cleanly");
        teardown.closeAfter(failure);
        if (failure.getSuppressed().length > 0) {
            throw failure;
        }
    }

    private static void tell(AjpSecret secret) {
        LOG.info(
                "AJP secret {} {}; httpd includes {}",
                secret.made() ? "made in" : "read from",
                secret.file(),
                secret.file().resolveSibling("ajp-secret.conf"));
    }

    private static void tell(Config config) {
        PoolConfig pool = config.pool();
        String host = pool.bind().getHostAddress();
        for (int index = 1; index <= pool.members(); index++) {
            String ajp = pool.hasAjp() ? " ajp://%s:%d".formatted(host, pool.ajpPort(index)) : "";
            LOG.info(
                    "{} - serving http://{}:{}{}",
                    pool.route(index),
                    host,
                    pool.httpPort(index),
                    ajp);
        }
        LOG.info(
                "admin - http://{}:{}",
                config.admin().bind().getHostAddress(),
                config.admin().port());
    }

    /** What may wait for a member. */
    private interface Task {
        void run() throws InterruptedException;
    }
}
