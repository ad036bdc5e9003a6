package io.backpool.pool;

import io.backpool.app.Application;
import io.backpool.balancer.FrontEnds;
import io.backpool.config.AccessLogConfig;
import io.backpool.config.AdminConfig;
import io.backpool.config.Config;
import io.backpool.config.PoolConfig;
import io.backpool.observe.AccessLog;
import io.backpool.observe.AdminServer;
import io.backpool.observe.Metrics;
import io.backpool.observe.PoolControl;
import io.backpool.server.AjpSecret;
import io.backpool.server.MemberServer;
import io.backpool.server.RequestObserver;
import io.backpool.server.ServerException;
import io.backpool.server.ServerResources;
import io.backpool.service.session.RedisSessions;
import io.undertow.server.HttpHandler;
import io.undertow.util.StatusCodes;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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

    /** The only member of this process; 0: all of them are here. */
    private final int only;

    private final ServerResources resources;
    private final HttpHandler handler;
    private final Metrics metrics;

    /** Null: off. */
    private final @Nullable AccessLog accessLog;

    private final FrontEnds frontEnds;
    private final Teardown teardown;

    /** Whether a supervisor has told every httpd that no one is to come. */
    private volatile boolean told;

    private final ExecutorService control =
            Executors.newSingleThreadExecutor(task -> new Thread(task, "control"));

    /** By index, from 1. Guarded by itself. */
    private final List<Lifecycle> members = new ArrayList<>();

    private Pool(
            Config config,
            int only,
            ServerResources resources,
            HttpHandler handler,
            Metrics metrics,
            @Nullable AccessLog accessLog,
            FrontEnds frontEnds,
            Teardown teardown) {
        this.config = config;
        this.only = only;
        this.resources = resources;
        this.handler = handler;
        this.metrics = metrics;
        this.accessLog = accessLog;
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
        return start(config, application, 0, FrontEnds.open(config));
    }

    /**
     * Starts member {@code index} alone, in a process of its own whose supervisor talks to httpd.
     *
     * @throws Exception as {@link #start}
     */
    public static Pool startMember(Config config, Application application, int index)
            throws Exception {
        return start(config, application, index, FrontEnds.none(config));
    }

    private static Pool start(Config config, Application application, int only, FrontEnds frontEnds)
            throws Exception {
        var teardown = new Teardown();
        teardown.add(frontEnds);
        try {
            if (config.pool().hasAjp()) {
                tell(AjpSecret.load(config.pool()));
            }
            var metrics = teardown.add(new Metrics());
            AccessLog accessLog = openAccessLog(config, only);
            if (accessLog != null) {
                metrics.add(teardown.add(accessLog));
            }
            RedisSessions distributed = PoolServices.sessions(config.sessions(), metrics);
            var resources = teardown.add(ServerResources.open(config, distributed));
            if (distributed != null) {
                resources.services().add("sessions", distributed::isReachable);
            }
            metrics.add(only == 0 ? "all" : config.pool().route(only), resources);
            metrics.add(frontEnds::stats);
            var services =
                    teardown.add(
                            new PoolServices(config.services(), resources, metrics.services()));
            HttpHandler handler = application.start(services);
            teardown.add(application);
            teardown.add(services::awaitHandlers);
            var pool =
                    new Pool(
                            config, only, resources, handler, metrics, accessLog, frontEnds,
                            teardown);
            if (only == 0) {
                metrics.addStates(pool::members);
            }
            teardown.add(AdminServer.open(pool.admin(), config.services(), metrics, pool));
            teardown.add(pool::stopMembers);
            teardown.add(services::endHandlers);
            List<Lifecycle> opened = pool.openUpTo(only == 0 ? config.pool().members() : 1);
            opened.forEach(Lifecycle::join);
            pool.serve(opened);
            pool.tell();
            return pool;
        } catch (Exception e) {
            teardown.closeAfter(e);
            throw e;
        }
    }

    private static @Nullable AccessLog openAccessLog(Config config, int only) {
        if (config.accessLog().format() == AccessLogConfig.Format.OFF) {
            return null;
        }
        // A member's own standard output is its supervisor's pipe, where whole lines can pass.
        return only == 0
                ? AccessLog.open(config.accessLog(), new FileOutputStream(FileDescriptor.out))
                : AccessLog.open(
                        config.accessLog().ofMember(config.pool().route(only)), System.out);
    }

    /** Goes on in new log files: the old ones were moved away. */
    public void reopenLogs() {
        if (accessLog != null) {
            accessLog.reopen();
        }
    }

    @Override
    public List<MemberView> members() {
        synchronized (members) {
            return members.stream()
                    .map(member -> member.view(metrics.traffic(member.route())))
                    .toList();
        }
    }

    @Override
    public Map<String, String> services() {
        return resources.services().now();
    }

    /** Requests that took longer than {@code pool.drain-timeout} when it was closed. */
    public int cut() {
        return beyond(0).stream().mapToInt(Lifecycle::cut).sum();
    }

    /** Waits until every event loop has come round: for ever, when a handler blocks one. */
    public void awaitEventLoops() throws InterruptedException {
        resources.awaitEventLoops();
    }

    /** Every httpd knows that nobody is to come here: {@link #close} need not wait for it. */
    public void told() {
        told = true;
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
    public boolean canRestart() {
        return false;
    }

    @Override
    public @Nullable RestartProgress restartProgress() {
        return null;
    }

    @Override
    public void scale(int count) throws ControlException {
        if (only != 0) {
            throw new ControlException(StatusCodes.CONFLICT, "ask the supervisor of this process");
        }
        try {
            List<Lifecycle> added = openUpTo(count);
            added.forEach(Lifecycle::join);
            inBackground(() -> serve(added));
        } catch (ServerException e) {
            throw new ControlException(StatusCodes.CONFLICT, String.valueOf(e.getMessage()));
        }
        inBackground(() -> remove(beyond(count)));
    }

    /** Waits until those that joined are in every rotation. */
    private void serve(List<Lifecycle> added) throws InterruptedException {
        frontEnds.awaitAgreed(added.stream().map(Lifecycle::index).toList());
        added.forEach(Lifecycle::serve);
    }

    /** Opens the members that are missing; those that were opened before a failure stay. */
    private List<Lifecycle> openUpTo(int count) {
        List<Lifecycle> added = new ArrayList<>();
        synchronized (members) {
            while (members.size() < count) {
                Lifecycle member = openMember(only == 0 ? members.size() + 1 : only);
                members.add(member);
                added.add(member);
            }
        }
        return added;
    }

    private Lifecycle openMember(int index) {
        String route = config.pool().route(index);
        RequestObserver timer = metrics.requestObserver(route);
        var server =
                MemberServer.open(
                        config,
                        index,
                        resources,
                        handler,
                        accessLog == null ? timer : timer.andThen(accessLog));
        metrics.add(route, server);
        if (only == 0) {
            metrics.requestsCut(route, 0);
        }
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
            metrics.requestsCut(member.route(), member.cut());
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
        List<Lifecycle> all = beyond(0);
        if (told) {
            Lifecycle.stop(all, true);
        } else {
            Lifecycle.stop(all, frontEnds, Duration.ZERO);
        }
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

    /** Of this process; a supervisor has the configured one itself. */
    private AdminConfig admin() {
        return only == 0 ? config.admin() : config.admin().ofMember(only);
    }

    private void tell() {
        AdminConfig admin = admin();
        PoolConfig pool = config.pool();
        String host = pool.bind().getHostAddress();
        for (MemberView member : members()) {
            String ajp = pool.hasAjp() ? " ajp://%s:%d".formatted(host, member.ajpPort()) : "";
            LOG.info("{} - serving http://{}:{}{}", member.route(), host, member.httpPort(), ajp);
        }
        LOG.info("admin - http://{}:{}", admin.bind().getHostAddress(), admin.port());
    }

    /** What may wait for a member. */
    private interface Task {
        void run() throws InterruptedException;
    }
}
