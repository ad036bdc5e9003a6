package io.backpool.app.testkit;

import io.backpool.app.AppTasks;
import io.backpool.app.RecordJson;
import io.backpool.app.Services;
import io.backpool.app.WebSocketPings;
import io.backpool.config.AppSettings;
import io.backpool.config.ServiceUrl;
import io.backpool.exchange.Json;
import io.backpool.server.MemberServer;
import io.backpool.server.ServerResources;
import io.backpool.service.cache.Cache;
import io.backpool.service.cache.PoolCache;
import io.backpool.service.database.Database;
import io.backpool.service.queue.Queue;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.session.SessionManager;
import io.undertow.websockets.core.WebSocketChannel;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ScheduledExecutorService;
import javax.sql.DataSource;

/** The services of one test: nothing of them is left after it. Safe for all threads. */
final class MemoryServices implements Services, AutoCloseable {
    private final Json json = new RecordJson();
    private final ServerResources resources;
    private final TestClock clock;
    private final AppSettings settings;
    private final MeterRegistry meters = new SimpleMeterRegistry();
    private final AppTasks tasks;
    private final PoolCache cache;
    private final MemoryQueue queue;
    private final Database database;

    /** With the database's file in {@code folder}, which is made when it is first used. */
    MemoryServices(ServerResources resources, TestClock clock, Path folder, AppSettings settings) {
        this.settings = settings;
        this.tasks =
                new AppTasks(
                        MemoryServices.class.getClassLoader(), false, resources.threads().max());
        this.resources = resources;
        this.clock = clock;
        this.cache = PoolCache.open(new ServiceUrl("memory:"), "test", clock);
        this.queue = new MemoryQueue(clock);
        this.database = Database.open(new ServiceUrl("jdbc:sqlite:" + folder.resolve("app.db")));
    }

    @Override
    public HttpHandler blocking(HttpHandler handler) {
        return resources.blocking().wrap(handler);
    }

    @Override
    public void keepOpen(WebSocketChannel channel) {
        WebSocketPings.start(channel, resources.webSocketPing());
    }

    @Override
    public HttpHandler interruptible(HttpHandler handler) {
        return resources.blocking().wrap(handler, true);
    }

    @Override
    public void onDrain(HttpServerExchange exchange, Runnable end) {
        MemberServer.onDrain(exchange, end);
    }

    @Override
    public Json json() {
        return json;
    }

    @Override
    public Clock clock() {
        return clock;
    }

    @Override
    public <T> T config(Class<T> type) {
        return settings.as(type);
    }

    @Override
    public MeterRegistry meters() {
        return meters;
    }

    @Override
    public ExecutorService executor() {
        return tasks.executor();
    }

    @Override
    public ScheduledExecutorService scheduler() {
        return tasks.scheduler();
    }

    @Override
    public Cache cache() {
        return cache;
    }

    @Override
    public Queue queue() {
        return queue;
    }

    @Override
    public DataSource dataSource() {
        return database.dataSource();
    }

    @Override
    public void migrate(Class<?> owner, String folder) {
        database.migrate(owner, folder);
    }

    @Override
    public SessionManager sessions() {
        return resources.sessionManager();
    }

    /** Gives the application's tasks a second to end. */
    void endTasks() throws InterruptedException {
        tasks.end(Duration.ofSeconds(1));
    }

    @Override
    public void close() throws InterruptedException {
        tasks.end(Duration.ZERO);
        queue.close();
        cache.close();
        database.close();
    }
}
