package io.backpool.server;

import io.backpool.config.BalancerConfig.Membership;
import io.backpool.config.Config;
import io.backpool.config.LimitsConfig;
import io.backpool.config.TlsConfig;
import io.undertow.UndertowOptions;
import io.undertow.connector.ByteBufferPool;
import io.undertow.server.DefaultByteBufferPool;
import io.undertow.server.session.SessionManager;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xnio.OptionMap;
import org.xnio.Options;
import org.xnio.Xnio;
import org.xnio.XnioWorker;

/**
 * What all members of a process share, so that ten members cost the threads and buffers of one:
 * event loops, blocking pool, buffers, sessions, Undertow's options. Opened before the first
 * member, closed after the last. Safe for all threads.
 */
public final class ServerResources implements AutoCloseable {
    private static final int THREADS_PER_CORE = 16;
    private static final int BUFFERS_PER_THREAD = 4;

    /**
     * Beside those of threads. Of what is beyond it, Undertow keeps each buffer for a second before
     * it frees it, and those that a virtual thread gave back for ever.
     */
    private static final int MAX_BUFFERS = 1024;

    private static final int BACKLOG = 1024;

    private static final Logger LOG = LoggerFactory.getLogger(ServerResources.class);

    private final XnioWorker worker;
    private final ByteBufferPool buffers;
    private final ByteBufferPool tlsBuffers;
    private final Watch watch;
    private final Blocking blocking;
    private final Sessions sessions;
    private final ServiceStates services = new ServiceStates();
    private final Readiness readiness = new Readiness();
    private final LimitedPaths pathLimits;
    private final List<Consumer<String>> drainHooks = new CopyOnWriteArrayList<>();
    private final OptionMap serverOptions;
    private final long ajpSilenceMillis;
    private final Duration webSocketPing;
    private final OptionMap httpOptions;
    private final OptionMap socketOptions;
    private final @Nullable ListenerTls tls;

    private ServerResources(Config config, @Nullable SessionManager distributed)
            throws java.io.IOException {
        int cores = Runtime.getRuntime().availableProcessors();
        int maxThreads =
                Objects.requireNonNullElse(config.pool().maxThreads(), cores * THREADS_PER_CORE);
        this.worker =
                Xnio.getInstance(ServerResources.class.getClassLoader())
                        .createWorker(
                                OptionMap.builder()
                                        .set(Options.WORKER_NAME, "backpool")
                                        .set(
                                                Options.WORKER_IO_THREADS,
                                                Objects.requireNonNullElse(
                                                        config.pool().ioThreads(), cores))
                                        .set(Options.WORKER_TASK_CORE_THREADS, maxThreads)
                                        .set(Options.WORKER_TASK_MAX_THREADS, maxThreads)
                                        .set(Options.TCP_NODELAY, true)
                                        .getMap());
        this.watch = Watch.start(config.limits(), worker, Watch::endProcess);
        boolean virtual = Blocking.isVirtual(config.pool().blocking());
        this.buffers = buffers(config.limits().headerSize(), virtual);
        this.tlsBuffers = buffers(ListenerTls.BUFFER_SIZE, virtual);
        this.tls = tls(config, tlsBuffers);
        this.blocking = new Blocking(config.pool(), config.limits(), worker, maxThreads);
        this.sessions =
                distributed == null
                        ? new Sessions(config.sessions())
                        : new Sessions(config.sessions(), distributed);
        this.pathLimits = new LimitedPaths(config.limits());
        this.serverOptions =
                OptionMap.builder()
                        .addAll(serverOptions(config.limits()))
                        .set(
                                UndertowOptions.AJP_ALLOWED_REQUEST_ATTRIBUTES_PATTERN,
                                Stream.concat(
                                                Stream.of(Identity.IN_HEADERS, Trust.AJP_SCHEME),
                                                config.trust().identity().attributes().stream())
                                        .collect(Collectors.joining("|")))
                        .getMap();
        this.ajpSilenceMillis =
                config.limits().idleTimeout().plus(config.limits().requestTimeout()).toMillis();
        this.webSocketPing = config.limits().requestTimeout().dividedBy(3);
        this.httpOptions = httpOptions(config, serverOptions);
        this.socketOptions = socketOptions(config.limits().connections());
    }

    /** Starts the threads; sessions are in this JVM. */
    public static ServerResources open(Config config) {
        return open(config, null);
    }

    /**
     * Starts the threads.
     *
     * @param distributed the sessions, stopped with this; null: they are in this JVM
     */
    public static ServerResources open(Config config, @Nullable SessionManager distributed) {
        try {
            return new ServerResources(config, distributed);
        } catch (java.io.IOException e) {
            throw new ServerException("Cannot start the event loops: " + e.getMessage(), e);
        }
    }

    public SessionManager sessionManager() {
        return sessions.manager();
    }

    /** What the application has started, for readiness to show. */
    public ServiceStates services() {
        return services;
    }

    /** What the application says of itself. */
    public Readiness readiness() {
        return readiness;
    }

    /** What requests for some paths may take. */
    public LimitedPaths pathLimits() {
        return pathLimits;
    }

    /** Gives {@code hook} the route of each member that is drained or begins to leave. */
    public void onDrain(Consumer<String> hook) {
        drainHooks.add(hook);
    }

    /** A member is drained or begins to leave. */
    void drained(String route) {
        for (Consumer<String> hook : drainHooks) {
            try {
                hook.accept(route);
            } catch (RejectedExecutionException e) {
                LOG.debug("The application's tasks have ended already", e);
            }
        }
    }

    public Blocking blocking() {
        return blocking;
    }

    /** The threads for blocking handlers, shared by all members. */
    public ThreadStats threads() {
        return ThreadStats.of(worker.getMXBean(), blocking);
    }

    /** Waits until every event loop has run a task: for ever, when a handler blocks one. */
    public void awaitEventLoops() throws InterruptedException {
        int loops = worker.getIoThreadCount();
        var round = new CountDownLatch(loops);
        for (int i = 0; i < loops; i++) {
            try {
                worker.getIoThread(i).execute(round::countDown);
            } catch (RejectedExecutionException e) {
                round.countDown(); // it has ended: this is being closed
            }
        }
        round.await();
    }

    XnioWorker worker() {
        return worker;
    }

    ByteBufferPool buffers() {
        return buffers;
    }

    Watch watch() {
        return watch;
    }

    Sessions sessions() {
        return sessions;
    }

    /** Null: the members speak without TLS. */
    @Nullable ListenerTls tls() {
        return tls;
    }

    OptionMap serverOptions() {
        return serverOptions;
    }

    /** Longest silence of an AJP connection, busy or not. */
    long ajpSilenceMillis() {
        return ajpSilenceMillis;
    }

    /** How often a WebSocket must be used so that httpd keeps it. */
    public Duration webSocketPing() {
        return webSocketPing;
    }

    OptionMap httpOptions() {
        return httpOptions;
    }

    OptionMap socketOptions() {
        return socketOptions;
    }

    @Override
    public void close() {
        readiness.close();
        watch.close();
        sessions.close();
        worker.shutdownNow();
        if (tls != null) {
            tls.close();
        }
        buffers.close();
        tlsBuffers.close();
    }

    /** A cache per virtual thread would be made and thrown away with every request. */
    private static ByteBufferPool buffers(int size, boolean virtual) {
        return new DefaultByteBufferPool(true, size, MAX_BUFFERS, virtual ? 0 : BUFFERS_PER_THREAD);
    }

    private static @Nullable ListenerTls tls(Config config, ByteBufferPool buffers) {
        TlsConfig files = config.pool().tls();
        return files == null
                ? null
                : ListenerTls.open(
                        files,
                        config.limits().headerTimeout(),
                        Runtime.getRuntime().availableProcessors(),
                        buffers);
    }

    /**
     * A member that joined can't be given a {@code ttl}: httpd uses its connections for as long as
     * they live, so the member must not be the one who closes. A request that meets a close on its
     * way is lost.
     */
    private static OptionMap httpOptions(Config config, OptionMap serverOptions) {
        boolean joins =
                config.balancers().stream()
                        .anyMatch(balancer -> balancer.membership() == Membership.JOIN);
        return joins
                ? OptionMap.builder()
                        .addAll(serverOptions)
                        .set(UndertowOptions.NO_REQUEST_TIMEOUT, -1)
                        .getMap()
                : serverOptions;
    }

    static OptionMap socketOptions(int connections) {
        return OptionMap.builder()
                .set(Options.TCP_NODELAY, true)
                .set(Options.REUSE_ADDRESSES, true)
                // Ends connections whose other side vanished, however long they may idle.
                .set(Options.KEEP_ALIVE, true)
                .set(Options.BACKLOG, BACKLOG)
                .set(Options.CONNECTION_HIGH_WATER, connections)
                .set(Options.CONNECTION_LOW_WATER, connections)
                .getMap();
    }

    static OptionMap serverOptions(LimitsConfig limits) {
        return OptionMap.builder()
                .set(UndertowOptions.ENABLE_HTTP2, true)
                .set(UndertowOptions.RECORD_REQUEST_START_TIME, true)
                .set(UndertowOptions.ENABLE_STATISTICS, true)
                // What is beyond ours, but not far, gets our answer; what is beyond this, a bare
                // 400.
                .set(UndertowOptions.MAX_HEADER_SIZE, 2 * limits.headerSize())
                .set(UndertowOptions.MAX_HEADERS, 2 * Limits.MAX_HEADERS)
                // Undertow answers 500 beyond these: the head's size is the limit that counts.
                .set(UndertowOptions.MAX_COOKIES, limits.headerSize())
                .set(UndertowOptions.MAX_PARAMETERS, limits.headerSize())
                // RequestTarget does both.
                .set(UndertowOptions.ALLOW_UNESCAPED_CHARACTERS_IN_URL, true)
                .set(UndertowOptions.DECODE_URL, false)
                .set(UndertowOptions.MAX_AJP_PACKET_SIZE, limits.headerSize())
                // RequestBody keeps the limit; Undertow's own would be 2 MB.
                .set(UndertowOptions.MAX_ENTITY_SIZE, -1L)
                .set(
                        UndertowOptions.REQUEST_PARSE_TIMEOUT,
                        Math.toIntExact(limits.headerTimeout().toMillis()))
                .set(
                        UndertowOptions.NO_REQUEST_TIMEOUT,
                        Math.toIntExact(limits.idleTimeout().toMillis()))
                .getMap();
    }
}
