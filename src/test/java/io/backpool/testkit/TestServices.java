package io.backpool.testkit;

import io.backpool.app.AppTasks;
import io.backpool.app.RecordJson;
import io.backpool.app.Services;
import io.backpool.app.WebSocketPings;
import io.backpool.config.AppSettings;
import io.backpool.config.QueueConfig;
import io.backpool.config.ServiceUrl;
import io.backpool.exchange.BadRequestException;
import io.backpool.exchange.Json;
import io.backpool.exchange.PathLimits;
import io.backpool.exchange.Problem;
import io.backpool.service.cache.Cache;
import io.backpool.service.cache.PoolCache;
import io.backpool.service.database.Database;
import io.backpool.service.queue.PoolQueue;
import io.backpool.service.queue.Queue;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.handlers.BlockingHandler;
import io.undertow.server.session.InMemorySessionManager;
import io.undertow.server.session.SessionManager;
import io.undertow.util.StatusCodes;
import io.undertow.websockets.core.WebSocketChannel;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import javax.sql.DataSource;

/** The embedded services, with files in a directory of the test's; nothing is opened before use. */
public final class TestServices implements Services, AutoCloseable {
    private final Json json = new RecordJson();
    private final PoolCache cache = PoolCache.open(new ServiceUrl("memory:"), "test");
    private final SessionManager sessions = new InMemorySessionManager("test");
    private final MeterRegistry meters = new SimpleMeterRegistry();
    private final AppTasks tasks = new AppTasks(TestServices.class.getClassLoader(), false, 2);
    private final Database database;
    private final PoolQueue queue;

    public TestServices(Path directory) {
        this(directory, "jdbc:sqlite:" + directory.resolve("app.db"));
    }

    public TestServices(Path directory, String databaseUrl) {
        this.database = Database.open(new ServiceUrl(databaseUrl));
        this.queue =
                PoolQueue.open(
                        new QueueConfig(
                                new ServiceUrl("sqlite:" + directory.resolve("queue.db")),
                                "test",
                                Duration.ofHours(1),
                                Duration.ofSeconds(10)),
                        database::dataSource);
    }

    @Override
    public HttpHandler blocking(HttpHandler handler) {
        return new BlockingHandler(refusing(handler));
    }

    /** As a member answers what a handler does not take. */
    public static HttpHandler refusing(HttpHandler handler) {
        return exchange -> {
            try {
                handler.handleRequest(exchange);
            } catch (BadRequestException e) {
                Problem.send(exchange, StatusCodes.BAD_REQUEST, e.getMessage());
            }
        };
    }

    @Override
    public void keepOpen(WebSocketChannel channel) {
        WebSocketPings.start(channel, Duration.ofSeconds(1));
    }

    @Override
    public HttpHandler interruptible(HttpHandler handler) {
        return blocking(handler);
    }

    @Override
    public void onDrain(HttpServerExchange exchange, Runnable end) {}

    @Override
    public void onDrain(Consumer<String> hook) {}

    @Override
    public void readiness(String name, BooleanSupplier isReady) {}

    @Override
    public void limit(String template, PathLimits limits) {}

    @Override
    public Json json() {
        return json;
    }

    @Override
    public Clock clock() {
        return Clock.systemUTC();
    }

    @Override
    public <T> T config(Class<T> type) {
        return AppSettings.none().as(type);
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
        return sessions;
    }

    @Override
    public void close() {
        tasks.executor().shutdownNow();
        tasks.scheduler().shutdownNow();
        queue.close();
        cache.close();
        database.close();
    }
}
