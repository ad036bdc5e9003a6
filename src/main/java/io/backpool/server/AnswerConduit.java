package io.backpool.server;

import io.undertow.server.Connectors;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.Methods;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.xnio.IoUtils;
import org.xnio.channels.StreamSourceChannel;
import org.xnio.conduits.AbstractStreamSinkConduit;
import org.xnio.conduits.ConduitWritableByteChannel;
import org.xnio.conduits.Conduits;
import org.xnio.conduits.StreamSinkConduit;

/**
 * The body of one answer on its way out. Says whether it makes progress, keeps to the length that
 * was announced (over HTTP/1.1 Undertow does that itself), and drops what must not be sent: the
 * body of a status that has none, and that of an answer which was replaced. Written by one thread
 * at a time.
 */
final class AnswerConduit extends AbstractStreamSinkConduit<StreamSinkConduit> {
    private static final long UNKNOWN = -1;

    /** So that a blocked writer sees soon that its connection was closed. */
    static final long AWAIT_MILLIS = 1000;

    private final HttpServerExchange exchange;

    /** What is sent whatever is written; empty for a status without a body. */
    private final @Nullable ByteBuffer instead;

    private long left;
    private boolean ended;

    /** Read by {@link Watch} now and then. */
    private volatile boolean heldBack;

    private long moved;

    /**
     * Writes to {@code next}.
     *
     * @param problem sent instead; null: what is written
     * @param length that was announced, -1 if none was
     */
    AnswerConduit(
            StreamSinkConduit next,
            HttpServerExchange exchange,
            @Nullable ByteBuffer problem,
            long length) {
        super(next);
        this.exchange = exchange;
        boolean isHttp1 = ResponseHead.isHttp1(exchange);
        boolean hasBody =
                Connectors.isEntityBodyAllowed(exchange)
                        && !exchange.getRequestMethod().equals(Methods.HEAD);
        this.instead =
                problem == null && (hasBody || isHttp1) ? null : empty(hasBody ? problem : null);
        this.left = isHttp1 || instead != null ? UNKNOWN : length;
    }

    private static ByteBuffer empty(@Nullable ByteBuffer problem) {
        return problem == null ? ByteBuffer.allocate(0) : problem;
    }

    /** Grows whenever the peer takes something. */
    long moved() {
        return moved;
    }

    /** Whether something was written that the peer does not take. */
    boolean isHeldBack() {
        return heldBack;
    }

    private long sent(long count) throws IOException {
        if (count > 0) {
            moved += count;
            if (left != UNKNOWN && (left -= count) < 0) {
                throw broken("more was written than its Content-Length says");
            }
        }
        held(count == 0);
        return count;
    }

    private void held(boolean now) {
        if (heldBack != now) {
            heldBack = now;
        }
    }

    private IOException broken(String why) {
        exchange.setPersistent(false);
        IoUtils.safeClose(exchange.getConnection());
        return new IOException(why);
    }

    @Override
    public int write(ByteBuffer src) throws IOException {
        if (instead != null) {
            int size = src.remaining();
            src.position(src.limit());
            return size;
        }
        return src.hasRemaining() ? (int) sent(super.write(src)) : 0;
    }

    @Override
    public long write(ByteBuffer[] srcs, int offset, int length) throws IOException {
        if (instead != null) {
            long size = 0;
            for (int i = offset; i < offset + length; i++) {
                size += write(srcs[i]);
            }
            return size;
        }
        return sent(super.write(srcs, offset, length));
    }

    @Override
    public int writeFinal(ByteBuffer src) throws IOException {
        return Conduits.writeFinalBasic(this, src);
    }

    @Override
    public long writeFinal(ByteBuffer[] srcs, int offset, int length) throws IOException {
        return Conduits.writeFinalBasic(this, srcs, offset, length);
    }

    @Override
    public long transferFrom(FileChannel src, long position, long count) throws IOException {
        return instead != null
                ? src.transferTo(position, count, new ConduitWritableByteChannel(this))
                : sent(super.transferFrom(src, position, count));
    }

    @Override
    public long transferFrom(StreamSourceChannel source, long count, ByteBuffer throughBuffer)
            throws IOException {
        return IoUtils.transfer(source, count, throughBuffer, new ConduitWritableByteChannel(this));
    }

    @Override
    public void terminateWrites() throws IOException {
        if (left > 0) {
            throw broken("less was written than its Content-Length says");
        }
        if (ResponseHead.trailerFault(exchange) != null) {
            throw broken("a trailer of the application's is none");
        }
        ended = true;
        if (instead == null || !instead.hasRemaining()) {
            super.terminateWrites();
        }
    }

    @Override
    public boolean flush() throws IOException {
        if (instead != null && instead.hasRemaining()) {
            while (instead.hasRemaining()) {
                if (super.write(instead) == 0) {
                    held(true);
                    return false;
                }
            }
            if (ended) {
                super.terminateWrites();
            }
        }
        boolean done = super.flush();
        held(!done);
        return done;
    }

    @Override
    public void awaitWritable() throws IOException {
        super.awaitWritable(AWAIT_MILLIS, TimeUnit.MILLISECONDS);
    }
}
