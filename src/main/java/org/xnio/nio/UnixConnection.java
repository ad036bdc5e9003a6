package org.xnio.nio;

import java.io.IOException;
import java.net.SocketAddress;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;

/** A connection that was accepted on a unix socket. It has no options. */
final class UnixConnection extends AbstractNioStreamConnection {
    private final SocketChannel channel;
    private final UnixConduit conduit;
    private final SocketAddress localAddress;
    private final SocketAddress peerAddress;
    private final Runnable closed;

    /**
     * Makes the connection ready for its listener.
     *
     * @param loop the event loop, which calls this
     * @param key of the connection's channel, registered with that loop
     * @param localAddress what {@link #getLocalAddress} says
     * @param peerAddress what {@link #getPeerAddress} says
     * @param closed called once, by the thread that closes it
     */
    UnixConnection(
            WorkerThread loop,
            SelectionKey key,
            SocketAddress localAddress,
            SocketAddress peerAddress,
            Runnable closed) {
        super(loop);
        this.channel = (SocketChannel) key.channel();
        this.localAddress = localAddress;
        this.peerAddress = peerAddress;
        this.closed = closed;
        this.conduit = new UnixConduit(loop, key, this);
        key.attach(conduit);
        setSourceConduit(conduit);
        setSinkConduit(conduit);
    }

    @Override
    public SocketAddress getPeerAddress() {
        return peerAddress;
    }

    @Override
    public SocketAddress getLocalAddress() {
        return localAddress;
    }

    @Override
    protected void closeAction() throws IOException {
        try {
            conduit.cancelKey(false);
            channel.close();
        } finally {
            closed.run();
        }
    }

    @Override
    protected void notifyWriteClosed() {
        conduit.writeTerminated();
        super.notifyWriteClosed();
    }

    @Override
    protected void notifyReadClosed() {
        conduit.readTerminated();
        super.notifyReadClosed();
    }
}
