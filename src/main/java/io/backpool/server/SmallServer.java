package io.backpool.server;

import io.backpool.config.LimitsConfig;
import io.backpool.exchange.Problem;
import io.undertow.connector.ByteBufferPool;
import io.undertow.server.DefaultByteBufferPool;
import io.undertow.server.HttpHandler;
import io.undertow.util.StatusCodes;
import java.io.IOException;
import java.net.InetSocketAddress;
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

    /** More than operators need, and not more than fit into memory when none of them reads. */
    private static final int MAX_CONNECTIONS = 256;

    private final XnioWorker worker;
    private final ByteBufferPool buffers;
    private final Watch watch;
    private final Listener listener;

    private SmallServer(
            String name, InetSocketAddress address, LimitsConfig limits, HttpHandler handler)
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
        watch = Watch.start(limits, worker, Watch::endProcess);
        var inFlight = new InFlight(name, limits, exchange -> {});
        HttpHandler readable = readable(handler);
        watch.add(inFlight);
        int connections = Math.min(MAX_CONNECTIONS, limits.connections());
        try {
            listener =
                    Listener.http(
                            new Endpoint(address),
                            worker,
                            buffers,
                            ServerResources.serverOptions(limits),
                            ServerResources.socketOptions(connections),
                            watch,
                            exchange -> inFlight.enter(exchange).run(readable, false));
        } catch (ServerException e) {
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
     * @throws ServerException if the port can't be bound
     */
    public static SmallServer open(
            String name, InetSocketAddress address, LimitsConfig limits, HttpHandler handler) {
        try {
            var server = new SmallServer(name, address, limits, handler);
            server.listener.accept();
            return server;
        } catch (IOException e) {
            throw new ServerException("Cannot start the event loop: " + e.getMessage(), e);
        }
    }

    @Override
    public void close() {
        listener.close();
        stop();
    }

    private void stop() {
        watch.close();
        worker.shutdownNow();
        buffers.close();
    }
}
