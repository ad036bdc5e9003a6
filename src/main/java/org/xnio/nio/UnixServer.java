package org.xnio.nio;

import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.SocketAddress;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xnio.ChannelListener;
import org.xnio.ChannelListeners;
import org.xnio.IoUtils;
import org.xnio.StreamConnection;
import org.xnio.XnioWorker;

/**
 * Accepts connections on a unix socket and gives them to the event loops of a worker in turn. What
 * {@code createStreamConnectionServer} is for TCP. Safe for all threads.
 */
public final class UnixServer implements Closeable {
    private static final Logger LOG = LoggerFactory.getLogger(UnixServer.class);

    /** So that one socket does not keep others waiting. */
    private static final int MOST_AT_ONCE = 128;

    /** After a failed accept, such as one without a free file descriptor. */
    private static final int PAUSE_MILLIS = 250;

    private final ServerSocketChannel channel;
    private final SocketAddress localAddress;
    private final SocketAddress peerAddress;
    private final int connections;
    private final ChannelListener<? super StreamConnection> opened;
    private final NioXnioWorker worker;
    private final AtomicInteger open = new AtomicInteger();
    private final Acceptor acceptor;

    /**
     * Accepts nothing before {@link #accept}.
     *
     * @param channel bound already; closed with this
     * @param localAddress what connections say of their own end
     * @param peerAddress what connections say of the other end
     * @param connections most that are open at once; further ones wait
     * @param opened called by a connection's event loop when it is accepted
     */
    public UnixServer(
            XnioWorker worker,
            ServerSocketChannel channel,
            SocketAddress localAddress,
            SocketAddress peerAddress,
            int connections,
            ChannelListener<? super StreamConnection> opened) {
        this.worker = (NioXnioWorker) worker;
        this.channel = channel;
        this.localAddress = localAddress;
        this.peerAddress = peerAddress;
        this.connections = connections;
        this.opened = opened;
        WorkerThread thread = this.worker.getAcceptThread();
        SelectionKey key = registered(thread, channel);
        this.acceptor = new Acceptor(thread, key);
        key.attach(acceptor);
    }

    private static SelectionKey registered(WorkerThread thread, ServerSocketChannel channel) {
        try {
            channel.configureBlocking(false);
            return thread.registerChannel(channel);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Begins to accept. */
    public void accept() {
        acceptor.resume(SelectionKey.OP_ACCEPT);
    }

    /** Accepts no more; what was accepted stays open. Twice is harmless. */
    @Override
    public void close() throws IOException {
        if (channel.isOpen()) {
            channel.close();
            acceptor.cancelKey(true);
        }
    }

    private void connectionClosed() {
        if (open.getAndDecrement() >= connections) {
            acceptor.resume(SelectionKey.OP_ACCEPT);
        }
    }

    private final class Acceptor extends NioHandle {
        private int next;

        Acceptor(WorkerThread thread, SelectionKey key) {
            super(thread, key);
        }

        @Override
        void handleReady(int ops) {
            try {
                for (int i = 0; i < MOST_AT_ONCE && mayAccept(); i++) {
                    SocketChannel accepted = channel.accept();
                    if (accepted == null) {
                        return;
                    }
                    handOver(accepted);
                }
            } catch (ClosedChannelException e) {
                LOG.trace("Closed", e);
            } catch (IOException e) {
                LOG.warn("Cannot accept on a unix socket; tried again in 250 ms", e);
                suspend(SelectionKey.OP_ACCEPT);
                getWorkerThread()
                        .executeAfter(
                                () -> resume(SelectionKey.OP_ACCEPT),
                                PAUSE_MILLIS,
                                TimeUnit.MILLISECONDS);
            }
        }

        private boolean mayAccept() {
            if (open.get() < connections) {
                return true;
            }
            suspend(SelectionKey.OP_ACCEPT);
            if (open.get() < connections) { // one was closed before the line above
                resume(SelectionKey.OP_ACCEPT);
            }
            return false;
        }

        private void handOver(SocketChannel accepted) {
            WorkerThread loop = worker.getIoThread(next++);
            open.incrementAndGet();
            try {
                loop.execute(() -> begin(loop, accepted));
            } catch (RejectedExecutionException e) {
                drop(accepted, e);
            }
        }

        private void begin(WorkerThread loop, SocketChannel accepted) {
            try {
                accepted.configureBlocking(false);
                SelectionKey key = loop.registerChannel(accepted);
                var connection =
                        new UnixConnection(
                                loop,
                                key,
                                localAddress,
                                peerAddress,
                                UnixServer.this::connectionClosed);
                ChannelListeners.invokeChannelListener(connection, opened);
            } catch (IOException e) {
                drop(accepted, e);
            }
        }

        private void drop(SocketChannel accepted, Exception why) {
            LOG.debug("An accepted connection is dropped", why);
            IoUtils.safeClose(accepted);
            connectionClosed();
        }

        @Override
        void forceTermination() {
            IoUtils.safeClose(UnixServer.this);
        }

        @Override
        void terminated() {}
    }
}
