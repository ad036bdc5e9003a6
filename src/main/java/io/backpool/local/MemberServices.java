package io.backpool.local;

import io.backpool.app.AppTasks;
import io.backpool.app.RecordJson;
import io.backpool.app.Services;
import io.backpool.app.WebSocketPings;
import io.backpool.exchange.Json;
import io.backpool.exchange.PathLimits;
import io.backpool.server.MemberServer;
import io.backpool.server.ServerResources;
import io.micrometer.core.instrument.MeterRegistry;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.session.SessionManager;
import io.undertow.websockets.core.WebSocketChannel;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * What an application gets of its member, whatever stands behind cache, queue and database. Safe
 * for all threads.
 */
public abstract class MemberServices implements Services {
    private final ServerResources resources;
    private final MeterRegistry meters;
    private final AppTasks tasks;
    private final Json json = new RecordJson();

    /**
     * @param meters where the application's own are registered
     * @param tasks ended by {@link #endTasks}
     */
    protected MemberServices(ServerResources resources, MeterRegistry meters, AppTasks tasks) {
        this.resources = resources;
        this.meters = meters;
        this.tasks = tasks;
    }

    @Override
    public final HttpHandler blocking(HttpHandler handler) {
        return resources.blocking().wrap(handler);
    }

    @Override
    public final HttpHandler interruptible(HttpHandler handler) {
        return resources.blocking().wrap(handler, true);
    }

    @Override
    public final void keepOpen(WebSocketChannel channel) {
        WebSocketPings.start(channel, resources.webSocketPing());
    }

    @Override
    public final void onDrain(HttpServerExchange exchange, Runnable end) {
        MemberServer.onDrain(exchange, end);
    }

    @Override
    public final void onDrain(Consumer<String> hook) {
        resources.onDrain(route -> tasks.executor().execute(() -> hook.accept(route)));
    }

    @Override
    public final void readiness(String name, BooleanSupplier isReady) {
        resources.readiness().add(name, isReady);
    }

    @Override
    public final void limit(String template, PathLimits limits) {
        resources.pathLimits().add(template, limits);
    }

    @Override
    public final Json json() {
        return json;
    }

    @Override
    public final MeterRegistry meters() {
        return meters;
    }

    @Override
    public final ExecutorService executor() {
        return tasks.executor();
    }

    @Override
    public final ScheduledExecutorService scheduler() {
        return tasks.scheduler();
    }

    @Override
    public final SessionManager sessions() {
        return resources.sessionManager();
    }

    /**
     * Once: asks no check any more, waits until the application's tasks have ended, at most so
     * long, and interrupts them.
     */
    protected final void endTasks(Duration most) throws InterruptedException {
        resources.readiness().close();
        tasks.end(most);
    }
}
