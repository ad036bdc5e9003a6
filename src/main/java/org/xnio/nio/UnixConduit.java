package org.xnio.nio;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xnio.Xnio;
import org.xnio.XnioIoThread;
import org.xnio.XnioWorker;
import org.xnio.channels.StreamSinkChannel;
import org.xnio.channels.StreamSourceChannel;
import org.xnio.conduits.Conduits;
import org.xnio.conduits.ReadReadyHandler;
import org.xnio.conduits.StreamSinkConduit;
import org.xnio.conduits.StreamSourceConduit;
import org.xnio.conduits.WriteReadyHandler;

/**
 * Both ends of a connection on a unix socket, as {@code NioSocketConduit} is of one over TCP, which
 * asks the channel for its {@link java.net.Socket}: a unix channel has none.
 */
final class UnixConduit extends NioHandle implements StreamSourceConduit, StreamSinkConduit {
    private static final Logger LOG = LoggerFactory.getLogger(UnixConduit.class);

    private final SocketChannel channel;
    private final UnixConnection connection;
    private @Nullable ReadReadyHandler reader;
    private @Nullable WriteReadyHandler writer;

    UnixConduit(WorkerThread loop, SelectionKey key, UnixConnection connection) {
        super(loop, key);
        this.channel = (SocketChannel) key.channel();
        this.connection = connection;
    }

    @Override
    void handleReady(int ops) {
        try {
            if ((ops & SelectionKey.OP_READ) != 0 && reader != null) {
                if (isReadShutdown()) {
                    suspendReads();
                }
                reader.readReady();
            }
            if ((ops & SelectionKey.OP_WRITE) != 0 && writer != null) {
                if (isWriteShutdown()) {
                    suspendWrites();
                }
                writer.writeReady();
            }
        } catch (CancelledKeyException e) {
            LOG.trace("Closed by its handler", e);
        }
    }

    @Override
    void forceTermination() {
        if (reader != null) {
            reader.forceTermination();
        }
        if (writer != null) {
            writer.forceTermination();
        }
    }

    @Override
    void terminated() {
        readTerminated();
        writeTerminated();
    }

    void readTerminated() {
        if (reader != null) {
            reader.terminated();
        }
    }

    void writeTerminated() {
        if (writer != null) {
            writer.terminated();
        }
    }

    @Override
    public XnioWorker getWorker() {
        return getWorkerThread().getWorker();
    }

    @Override
    public int read(ByteBuffer target) throws IOException {
        return (int) ended(channel.isOpen() ? channel.read(target) : -1);
    }

    @Override
    public long read(ByteBuffer[] targets, int offset, int length) throws IOException {
        return ended(channel.isOpen() ? channel.read(targets, offset, length) : -1);
    }

    private long ended(long length) throws IOException {
        if (length == -1) {
            terminateReads();
        }
        return length;
    }

    @Override
    public long transferTo(long position, long count, FileChannel target) throws IOException {
        return target.transferFrom(channel, position, count);
    }

    @Override
    public long transferTo(long count, ByteBuffer through, StreamSinkChannel target)
            throws IOException {
        return Conduits.transfer(this, count, through, target);
    }

    @Override
    public int write(ByteBuffer source) throws IOException {
        return channel.write(source);
    }

    @Override
    public long write(ByteBuffer[] sources, int offset, int length) throws IOException {
        return length == 1
                ? channel.write(sources[offset])
                : channel.write(sources, offset, length);
    }

    @Override
    public int writeFinal(ByteBuffer source) throws IOException {
        return Conduits.writeFinalBasic(this, source);
    }

    @Override
    public long writeFinal(ByteBuffer[] sources, int offset, int length) throws IOException {
        return Conduits.writeFinalBasic(this, sources, offset, length);
    }

    @Override
    public long transferFrom(FileChannel source, long position, long count) throws IOException {
        return source.transferTo(position, count, channel);
    }

    @Override
    public long transferFrom(StreamSourceChannel source, long count, ByteBuffer through)
            throws IOException {
        return Conduits.transfer(source, count, through, this);
    }

    @Override
    public boolean flush() {
        return true;
    }

    @Override
    public void terminateReads() throws IOException {
        if (connection.readClosed()) {
            try {
                suspendReads();
                channel.shutdownInput();
            } catch (ClosedChannelException e) {
                LOG.trace("Closed meanwhile", e);
            } finally {
                readTerminated();
            }
        }
    }

    @Override
    public void terminateWrites() throws IOException {
        if (connection.writeClosed()) {
            try {
                suspendWrites();
                channel.shutdownOutput();
            } catch (ClosedChannelException e) {
                LOG.trace("Closed meanwhile", e);
            } finally {
                writeTerminated();
            }
        }
    }

    @Override
    public void truncateWrites() throws IOException {
        terminateWrites();
    }

    @Override
    public boolean isReadShutdown() {
        return connection.isReadShutdown();
    }

    @Override
    public boolean isWriteShutdown() {
        return connection.isWriteShutdown();
    }

    @Override
    public void resumeReads() {
        resume(SelectionKey.OP_READ);
    }

    @Override
    public void suspendReads() {
        suspend(SelectionKey.OP_READ);
    }

    @Override
    public void wakeupReads() {
        wakeup(SelectionKey.OP_READ);
    }

    @Override
    public boolean isReadResumed() {
        return isResumed(SelectionKey.OP_READ);
    }

    @Override
    public void resumeWrites() {
        resume(SelectionKey.OP_WRITE);
    }

    @Override
    public void suspendWrites() {
        suspend(SelectionKey.OP_WRITE);
    }

    @Override
    public void wakeupWrites() {
        wakeup(SelectionKey.OP_WRITE);
    }

    @Override
    public boolean isWriteResumed() {
        return isResumed(SelectionKey.OP_WRITE);
    }

    @Override
    public void awaitReadable() throws IOException {
        awaitReadable(0, TimeUnit.SECONDS);
    }

    @Override
    public void awaitReadable(long time, TimeUnit unit) throws IOException {
        if (!isReadShutdown()) {
            await(SelectionKey.OP_READ, time, unit);
        }
    }

    @Override
    public void awaitWritable() throws IOException {
        awaitWritable(0, TimeUnit.SECONDS);
    }

    @Override
    public void awaitWritable(long time, TimeUnit unit) throws IOException {
        if (!isWriteShutdown()) {
            await(SelectionKey.OP_WRITE, time, unit);
        }
    }

    /** Blocks the calling thread; 0: for ever. */
    private void await(int op, long time, TimeUnit unit) throws IOException {
        Xnio xnio = getWorker().getXnio();
        SelectorUtils.await((NioXnio) xnio, channel, op, time, unit);
    }

    @Override
    public XnioIoThread getReadThread() {
        return getWorkerThread();
    }

    @Override
    public XnioIoThread getWriteThread() {
        return getWorkerThread();
    }

    @Override
    public void setReadReadyHandler(ReadReadyHandler handler) {
        reader = handler;
    }

    @Override
    public void setWriteReadyHandler(WriteReadyHandler handler) {
        writer = handler;
    }
}
