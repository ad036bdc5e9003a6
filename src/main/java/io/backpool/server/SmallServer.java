package io.backpool.server;

import io.backpool.config.LimitsConfig;
import io.backpool.config.TlsConfig;
import io.backpool.exchange.Problem;
import io.undertow.connector.ByteBufferPool;
import io.undertow.server.DefaultByteBufferPool;
import io.undertow.server.HttpHandler;
import io.undertow.util.StatusCodes;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.xnio.OptionMap;
import org.xnio.Options;
import org.xnio.Xnio;
import org.xnio.XnioWorker;

/**
 * One HTTP listener on an event loop and two threads of its own, with the limits of a member's: it
 * answers while the members are busy. Safe for all threads.
 */
public final class SmallServer implements AutoCloseable {
    private static final int BUFFER_SIZE = 16 * 1024;
    private static final int BUFFERS = 100;
    private static final int HANDSHAKE_THREADS = 1;

    /** More than operators need, and not more than fit into memory when none of them reads. */
    private static final int MAX_CONNECTIONS = 256;

    private final XnioWorker worker;
    private final ByteBufferPool buffers;
    private final ByteBufferPool tlsBuffers;
    private final @Nullable ListenerTls tls;
    private final Watch watch;
    private final Listener listener;

    private SmallServer(
            String name,
            InetSocketAddress address,
            @Nullable TlsConfig files,
            LimitsConfig limits,
            HttpHandler handler)
            throws IOException {
        worker =
                Xnio.getInstance(SmallServer.class.getClassLoader())
                        .createWorker(
                                OptionMap.builder()
                                        .set(Options.WORKER_NAME, name)
                                        .set(Options.WORKER_IO_THREADS, 1)
                                        .set(Options.WORKER_TASK_CORE_THREADS, 2)
                                        .set(Options.WORKER_TASK_MAX_THREADS, 2)
                                        .set(Options.TCP_NODELAY, true)
                                        .getMap());
        buffers = new DefaultByteBufferPool(true, BUFFER_SIZE, BUFFERS, 0);
        tlsBuffers = new DefaultByteBufferPool(true, ListenerTls.BUFFER_SIZE, BUFFERS, 0);
        watch = Watch.start(limits, worker, Watch::endProcess);
        var inFlight = new InFlight(name, limits, exchange -> {});
        HttpHandler readable = readable(handler);
        watch.add(inFlight);
        var options = ServerResources.serverOptions(limits);
        var sockets =
                ServerResources.socketOptions(Math.min(MAX_CONNECTIONS, limits.connections()));
        HttpHandler entered = exchange -> inFlight.enter(exchange).run(readable, false);
        try {
            tls =
                    files == null
                            ? null
                            : ListenerTls.open(
                                    files, limits.headerTimeout(), HANDSHAKE_THREADS, tlsBuffers);
            var endpoint = new Endpoint(address);
            listener =
                    tls == null
                            ? Listener.http(
                                    endpoint, worker, buffers, options, sockets, watch, entered)
                            : Listener.https(
                                    endpoint, worker, buffers, options, sockets, tls, entered);
        } catch (RuntimeException e) {
            stop();
            throw e;
        }
    }

    /** Path and parameters arrive encoded, as at the members. */
    private static HttpHandler readable(HttpHandler next) {
        return exchange -> {
            if (RequestTarget.decode(exchange)) {
                next.handleRequest(exchange);
            } else {
                Problem.send(exchange, StatusCodes.BAD_REQUEST, "the address can't be read");
            }
        };
    }

    /**
     * Binds the port and begins to accept.
     *
     * @param name of its threads, and in the log
     * @param files for TLS; null: plain HTTP
     * @throws ServerException if the port can't be bound
     * @throws io.backpool.config.TlsFileException if the files can't be used
     */
    public static SmallServer open(
            String name,
            InetSocketAddress address,
            @Nullable TlsConfig files,
            LimitsConfig limits,
            HttpHandler handler) {
        try {
            var server = new SmallServer(name, address, files, limits, handler);
            server.listener.accept();
            return server;
        } catch (IOException e) {
            throw new ServerException("Cannot start the event loop: " + e.getMessage(), e);
        }
    }

    /** When the certificate in use expires; null: there is no TLS. */
    public @Nullable Instant certificateExpires() {
        return tls == null ? null : tls.expires();
    }

    @Override
    public void close() {
        listener.close();
        stop();
    }

    private void stop() {
        watch.close();
        worker.shutdownNow();
        if (tls != null) {
            tls.close();
        }
        buffers.close();
        tlsBuffers.close();
    }
}
