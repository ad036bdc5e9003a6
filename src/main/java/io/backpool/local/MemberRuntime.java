package io.backpool.local;

import io.backpool.app.LoadedApplication;
import io.backpool.config.AccessLogConfig;
import io.backpool.config.Config;
import io.backpool.config.PoolConfig;
import io.backpool.observe.AccessLog;
import io.backpool.observe.Metrics;
import io.backpool.server.AjpSecret;
import io.backpool.server.MemberServer;
import io.backpool.server.RequestObserver;
import io.backpool.server.ServerResources;
import io.backpool.service.session.RedisSessions;
import io.undertow.server.HttpHandler;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * What the members of a JVM share: the application, its services, threads, sessions, metrics and
 * the access log. Opened by one thread, closed by any, after the last member. Otherwise safe for
 * all threads.
 */
public final class MemberRuntime implements AutoCloseable {
    private final Config config;
    private final Metrics metrics;
    private final Teardown teardown = new Teardown();
    private final @Nullable AccessLog accessLog;
    private final ServerResources resources;
    private final PoolServices services;
    private final HttpHandler handler;

    /**
     * Opens everything and starts the application.
     *
     * @param only index of the only member that will be here; 0: all of them
     */
    private MemberRuntime(Config config, LoadedApplication application, Metrics metrics, int only)
            throws Exception {
        this.config = config;
        this.metrics = metrics;
        try {
            if (config.pool().hasAjp()) {
                secret(config.pool(), only == 0).use();
            }
            accessLog = openAccessLog(config, only);
            if (accessLog != null) {
                metrics.add(teardown.add(accessLog));
            }
            RedisSessions distributed = PoolServices.sessions(config.sessions(), metrics);
            // The threads that requests come on begin there, and find the application's classes.
            resources =
                    teardown.add(
                            application.within(() -> ServerResources.open(config, distributed)));
            if (distributed != null) {
                resources.services().add("sessions", distributed::isReachable);
            }
            String member = only == 0 ? "all" : config.pool().route(only);
            metrics.add(member, resources);
            var services =
                    teardown.add(
                            new PoolServices(
                                    config,
                                    resources,
                                    metrics.services(),
                                    metrics.application(member),
                                    application.classLoader()));
            handler = application.start(services);
            teardown.add(() -> close(application, config.pool().drainTimeout()));
            teardown.add(services::awaitHandlers);
            this.services = services;
        } catch (Exception e) {
            teardown.closeAfter(e);
            throw e;
        }
    }

    /** One that does not come back from its end keeps no process alive. */
    private static void close(LoadedApplication application, Duration most) throws Exception {
        var closing = new FutureTask<>(application::close, null);
        var thread = new Thread(closing, "close-application");
        thread.setDaemon(true);
        thread.start();
        try {
            closing.get(most.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw new Exception("The application did not close cleanly", e.getCause());
        } catch (TimeoutException e) {
            var place = new TimeoutException(thread.getName());
            place.setStackTrace(thread.getStackTrace());
            throw new Exception(
                    "The application's close() took longer than pool.drain-timeout, %d s"
                            .formatted(most.toSeconds()),
                    place);
        }
    }

    private static AjpSecret secret(PoolConfig pool, boolean isPool) {
        if (!isPool) {
            return AjpSecret.ofParent(System.getenv(), pool);
        }
        AjpSecret secret = AjpSecret.load(pool);
        secret.logOrigin();
        return secret;
    }

    /**
     * Opens it for all members of the pool.
     *
     * @throws io.backpool.config.ConfigException if a file that the configuration names can't be
     *     used
     * @throws Exception what the application threw; whatever the failure, nothing stays open
     */
    public static MemberRuntime open(Config config, LoadedApplication application, Metrics metrics)
            throws Exception {
        return new MemberRuntime(config, application, metrics, 0);
    }

    /** Opens it for one member alone; as {@link #open}. */
    public static MemberRuntime openForMember(
            Config config, LoadedApplication application, Metrics metrics, int index)
            throws Exception {
        return new MemberRuntime(config, application, metrics, index);
    }

    private static @Nullable AccessLog openAccessLog(Config config, int only) {
        if (config.accessLog().format() == AccessLogConfig.Format.OFF) {
            return null;
        }
        // A process's own standard output is its supervisor's pipe, where whole lines can pass.
        return only == 0
                ? AccessLog.open(config.accessLog(), new FileOutputStream(FileDescriptor.out))
                : AccessLog.open(
                        config.accessLog().ofMember(config.pool().route(only)), System.out);
    }

    Config config() {
        return config;
    }

    Metrics metrics() {
        return metrics;
    }

    /** Binds the ports of a member; its requests are measured and logged. */
    MemberServer openServer(int index) {
        String route = config.pool().route(index);
        RequestObserver timer = metrics.requestObserver(route);
        RequestObserver observer = accessLog == null ? timer : timer.andThen(accessLog);
        MemberServer server = MemberServer.open(config, index, resources, handler, observer);
        metrics.add(route, server);
        return server;
    }

    /** {@code UP} or {@code DOWN} by the name of each service that was started. */
    public Map<String, String> services() {
        return resources.services().now();
    }

    /** The application's own checks that say that it can't serve; none: it can. */
    List<String> unready() {
        return resources.readiness().failing();
    }

    /** Waits until every event loop has run a task: for ever, when a handler blocks one. */
    public void awaitEventLoops() throws InterruptedException {
        resources.awaitEventLoops();
    }

    /** Goes on in new log files: the old ones were moved away. */
    public void reopenLogs() {
        if (accessLog != null) {
            accessLog.reopen();
        }
    }

    /** Handlers of messages take no more, and end while the members answer their last requests. */
    void endHandlers() {
        services.endHandlers();
    }

    /** Stops the application and closes everything; throws all failures together. */
    @Override
    public void close() throws Exception {
        var failure = new Exception("The members' application and services did not stop cleanly");
        teardown.closeAfter(failure);
        if (failure.getSuppressed().length > 0) {
            throw failure;
        }
    }
}
