package io.backpool.app.testkit;

import io.backpool.app.AppTasks;
import io.backpool.config.AppSettings;
import io.backpool.config.ServiceUrl;
import io.backpool.local.MemberServices;
import io.backpool.server.ServerResources;
import io.backpool.service.cache.Cache;
import io.backpool.service.cache.PoolCache;
import io.backpool.service.database.Database;
import io.backpool.service.queue.Queue;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import javax.sql.DataSource;

/** The services of one test: nothing of them is left after it. Safe for all threads. */
final class MemoryServices extends MemberServices implements AutoCloseable {
    private final TestClock clock;
    private final AppSettings settings;
    private final PoolCache cache;
    private final MemoryQueue queue;
    private final Database database;

    /** With the database's file in {@code folder}, which is made when it is first used. */
    MemoryServices(ServerResources resources, TestClock clock, Path folder, AppSettings settings) {
        super(
                resources,
                new SimpleMeterRegistry(),
                new AppTasks(
                        MemoryServices.class.getClassLoader(), false, resources.threads().max()));
        this.settings = settings;
        this.clock = clock;
        this.cache = PoolCache.open(new ServiceUrl("memory:"), "test", clock);
        this.queue = new MemoryQueue(clock);
        this.database = Database.open(new ServiceUrl("jdbc:sqlite:" + folder.resolve("app.db")));
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

    /** Gives the application's tasks a second to end. */
    void endTasks() throws InterruptedException {
        endTasks(Duration.ofSeconds(1));
    }

    @Override
    public void close() throws InterruptedException {
        endTasks(Duration.ZERO);
        queue.close();
        cache.close();
        database.close();
    }
}
