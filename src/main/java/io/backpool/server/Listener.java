package io.backpool.server;

import io.undertow.UndertowOptions;
import io.undertow.conduits.IdleTimeoutConduit;
import io.undertow.connector.ByteBufferPool;
import io.undertow.server.ConnectorStatistics;
import io.undertow.server.HttpHandler;
import io.undertow.server.OpenListener;
import io.undertow.server.protocol.ajp.AjpOpenListener;
import io.undertow.server.protocol.http.HttpOpenListener;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;
import org.xnio.ChannelListener;
import org.xnio.ChannelListeners;
import org.xnio.IoUtils;
import org.xnio.OptionMap;
import org.xnio.Options;
import org.xnio.StreamConnection;
import org.xnio.XnioWorker;
import org.xnio.channels.AcceptingChannel;
import org.xnio.nio.UnixServer;

/**
 * One open port of a member, and its unix socket if it has one. Made of Undertow's listeners
 * directly, not by its builder, which keeps their connections to itself: a member that leaves a
 * living JVM must close them.
 */
final class Listener implements AutoCloseable {
    /** Who speaks through a unix socket, which has no address. No TCP peer has port 0. */
    static final InetSocketAddress UNIX_PEER =
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);

    private final OpenListener undertow;
    private final Runnable closeConnections;
    private final AcceptingChannel<? extends StreamConnection> channel;
    private final @Nullable UnixSocket socket;
    private final @Nullable UnixServer unix;

    private Listener(
            String protocol,
            OpenListener undertow,
            ChannelListener<StreamConnection> opened,
            Runnable closeConnections,
            Endpoint endpoint,
            XnioWorker worker,
            OptionMap socketOptions) {
        InetSocketAddress address = endpoint.address();
        ChannelListener<StreamConnection> accepted =
                connection -> {
                    LazyReads.install(connection);
                    opened.handleEvent(connection);
                };
        this.undertow = undertow;
        this.closeConnections = closeConnections;
        try {
            this.channel =
                    worker.createStreamConnectionServer(
                            address, ChannelListeners.openListenerAdapter(accepted), socketOptions);
        } catch (IOException e) {
            throw new ServerException(
                    "Cannot listen on %s:%d (%s): %s. Is another backend running?"
                            .formatted(
                                    address.getAddress().getHostAddress(),
                                    address.getPort(),
                                    protocol,
                                    e.getMessage()),
                    e);
        }
        try {
            this.socket = endpoint.bind(socketOptions.get(Options.BACKLOG));
        } catch (ServerException e) {
            IoUtils.safeClose(channel);
            throw e;
        }
        this.unix =
                socket == null
                        ? null
                        : new UnixServer(
                                worker,
                                socket.channel(),
                                address,
                                UNIX_PEER,
                                socketOptions.get(Options.CONNECTION_HIGH_WATER),
                                accepted);
    }

    /**
     * HTTP/1.1, and HTTP/2 without TLS by prior knowledge, as httpd's {@code h2c://} speaks it (RFC
     * 9113 3.3); the {@code Upgrade: h2c} that it obsoleted is ignored, as section 3.1 allows.
     */
    static Listener http(
            Endpoint endpoint,
            XnioWorker worker,
            ByteBufferPool buffers,
            OptionMap httpOptions,
            OptionMap socketOptions,
            Watch watch,
            HttpHandler handler) {
        var http = new HttpOpenListener(buffers, httpOptions);
        http.setRootHandler(handler);
        ChannelListener<StreamConnection> opened =
                connection -> {
                    BareRefusals.watch(connection, false);
                    H2cConnection.watch(connection, watch);
                    http.handleEvent(connection);
                };
        return new Listener(
                "HTTP", http, opened, http::closeConnections, endpoint, worker, socketOptions);
    }

    /** HTTP/1.1 in TLS. */
    static Listener https(
            Endpoint endpoint,
            XnioWorker worker,
            ByteBufferPool buffers,
            OptionMap httpOptions,
            OptionMap socketOptions,
            ListenerTls tls,
            HttpHandler handler) {
        var http =
                new HttpOpenListener(
                        buffers,
                        OptionMap.builder()
                                .addAll(httpOptions)
                                .set(UndertowOptions.ENABLE_HTTP2, false)
                                .getMap());
        http.setRootHandler(handler);
        ChannelListener<StreamConnection> opened =
                connection -> {
                    StreamConnection inside = tls.wrap(connection);
                    BareRefusals.watch(inside, false);
                    http.handleEvent(inside);
                };
        return new Listener(
                "HTTP in TLS",
                http,
                opened,
                http::closeConnections,
                endpoint,
                worker,
                socketOptions);
    }

    /**
     * AJP/1.3, for those who know the secret. CPING wants none, and after one Undertow forgets its
     * timeouts: a connection that is silent for longer than httpd waits for an answer is closed.
     */
    static Listener ajp(
            Endpoint endpoint,
            ServerResources resources,
            RefusedSecrets refused,
            HttpHandler handler) {
        var ajp = new AjpOpenListener(resources.buffers(), resources.serverOptions());
        ajp.setRootHandler(handler);
        ChannelListener<StreamConnection> opened =
                connection -> {
                    var idle = new IdleTimeoutConduit(connection);
                    idle.setIdleTimeout(resources.ajpSilenceMillis());
                    connection.getSourceChannel().setConduit(idle);
                    connection.getSinkChannel().setConduit(idle);
                    BareRefusals.watch(connection, true);
                    AjpPackets.watch(connection, refused);
                    ajp.handleEvent(connection);
                };
        return new Listener(
                "AJP",
                ajp,
                opened,
                ajp::closeConnections,
                endpoint,
                resources.worker(),
                resources.socketOptions());
    }

    void accept() {
        channel.resumeAccepts();
        if (unix != null) {
            unix.accept();
        }
    }

    ConnectorStatistics statistics() {
        return undertow.getConnectorStatistics();
    }

    /** Closes port and socket, then every connection, busy or idle. Twice is harmless. */
    @Override
    public void close() {
        if (socket != null) {
            IoUtils.safeClose(unix);
            socket.close();
        }
        IoUtils.safeClose(channel);
        closeConnections.run();
    }
}
