package io.backpool.local;

import io.backpool.app.LoadedApplication;
import io.backpool.config.Config;
import io.backpool.config.PoolConfig;
import io.backpool.observe.AdminServer;
import io.backpool.observe.Metrics;
import io.backpool.observe.PoolView;
import io.backpool.observe.Usage;
import io.backpool.pool.Member.Ending;
import io.backpool.pool.Member.Report;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The one member of a process of its own: a {@link LocalMember}, what it needs, and an admin
 * listener. Opened by one thread, closed by any.
 */
public final class SingleMember implements PoolView, AutoCloseable {
    /** Beyond {@code pool.drain-timeout}. */
    private static final int MARGIN_SECONDS = 5;

    private final PoolConfig pool;
    private final int index;
    private final Teardown teardown = new Teardown();
    private final CountDownLatch ended = new CountDownLatch(1);
    private final MemberRuntime runtime;
    private final LocalMember member;
    private volatile boolean httpdNotified;

    private SingleMember(Config config, LoadedApplication application, int index) throws Exception {
        this.pool = config.pool();
        this.index = index;
        try {
            var metrics = teardown.add(new Metrics());
            runtime =
                    teardown.add(MemberRuntime.openForMember(config, application, metrics, index));
            teardown.add(
                    AdminServer.open(
                            config.admin().ofMember(index),
                            config.services(),
                            metrics,
                            this,
                            null));
            member = new LocalMember(runtime, index, this::changed);
            member.open();
        } catch (Exception e) {
            teardown.closeAfter(e);
            throw e;
        }
    }

    /**
     * Opens it; then it serves, and is joining.
     *
     * @throws io.backpool.server.ServerException if a port can't be bound
     * @throws Exception as {@link MemberRuntime#open}
     */
    public static SingleMember open(Config config, LoadedApplication application, int index)
            throws Exception {
        return new SingleMember(config, application, index);
    }

    private void changed() {
        if (member.ending() != null) {
            ended.countDown();
        }
    }

    public void serve() {
        member.serve();
    }

    public void drain() {
        member.drain();
    }

    /** See {@link io.backpool.pool.Member#hold}. */
    public void hold(Duration longest) {
        member.hold(longest);
    }

    public void reopenLogs() {
        member.reopenLogs();
    }

    /**
     * Every httpd has confirmed that it sends nothing more: {@link #close} need not wait for it.
     */
    public void httpdNotified() {
        httpdNotified = true;
    }

    /** Waits until every event loop has run a task, then says how the member is. */
    public Report awaitReport() throws InterruptedException {
        runtime.awaitEventLoops();
        return member.report();
    }

    /** Why it can't serve, to follow its route; null: it can. */
    public @Nullable String notReady() {
        return member.notReady();
    }

    /** Requests that took longer than {@code pool.drain-timeout}; known when it is closed. */
    public int cut() {
        Ending ending = member.ending();
        return ending == null ? 0 : ending.cut();
    }

    @Override
    public List<MemberView> members() {
        Report report = member.report();
        return List.of(
                new MemberView(
                        pool.route(index),
                        member.state().name().toLowerCase(Locale.ROOT),
                        member.state().isReady(),
                        report.pid(),
                        pool.httpPort(index),
                        pool.hasAjp() ? pool.ajpPort(index) : 0,
                        report.inFlight(),
                        report.held(),
                        0,
                        report.traffic(),
                        Map.of(),
                        Map.of(),
                        "",
                        Usage.NONE,
                        MemberView.UNKNOWN_SHARE,
                        null));
    }

    @Override
    public PoolConfig settings() {
        return pool;
    }

    @Override
    public Map<String, String> services() {
        return runtime.services();
    }

    /** Lets requests finish, at most {@code pool.drain-timeout}, and closes everything. */
    @Override
    public void close() throws Exception {
        runtime.endHandlers();
        member.leave(httpdNotified);
        ended.await(pool.drainTimeout().toMillis() + MARGIN_SECONDS * 1000L, TimeUnit.MILLISECONDS);
        var failure = new Exception("The member did not stop cleanly");
        teardown.closeAfter(failure);
        if (failure.getSuppressed().length > 0) {
            throw failure;
        }
    }
}
