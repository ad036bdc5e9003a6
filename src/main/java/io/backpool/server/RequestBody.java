package io.backpool.server;

import io.undertow.server.ConduitWrapper;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.RequestTooBigException;
import io.undertow.server.protocol.http.HttpAttachments;
import io.undertow.util.ConduitFactory;
import io.undertow.util.HeaderMap;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.xnio.IoUtils;
import org.xnio.channels.ReadTimeoutException;
import org.xnio.channels.StreamSinkChannel;
import org.xnio.conduits.AbstractStreamSourceConduit;
import org.xnio.conduits.StreamSourceConduit;

/**
 * The body of one request: not longer than {@code limits.body-size}, and ended when it falls silent
 * ({@code limits.body-timeout}) while it is waited for. Undertow's own limits know no answer over
 * AJP and h2c, and its READ_TIMEOUT would end idle connections too.
 *
 * <p>A body that is too long is refused once. What follows is read and discarded for a while, as
 * httpd does (lingering close): a client that sends all of a body before it reads an answer, as
 * httpd does, would otherwise meet a reset and lose it. Read by one thread at a time, watched by
 * its event loop.
 */
final class RequestBody implements ConduitWrapper<StreamSourceConduit> {
    /** httpd's MAX_SECS_TO_LINGER. */
    private static final long DISCARD_NANOS = Duration.ofSeconds(30).toNanos();

    /** httpd's SECONDS_TO_LINGER. */
    private static final long DISCARD_SILENCE_NANOS = Duration.ofSeconds(2).toNanos();

    private final HttpServerExchange exchange;
    private final long limit;

    /** By Content-Length, as it was when it was checked; -1: it is not. */
    private final long announced;

    private long timeoutNanos;

    /** System.nanoTime from which it is discarded; 0: it is not. */
    private volatile long tooLargeSince;

    /** Bytes so far; read by {@link Watch} now and then. */
    private long moved;

    private volatile boolean broken;

    private volatile @Nullable Body open;

    /** Of {@code limit} bytes at most. */
    RequestBody(HttpServerExchange exchange, long limit, Duration timeout) {
        this.exchange = exchange;
        this.limit = limit;
        this.announced = exchange.getRequestContentLength();
        this.timeoutNanos = timeout.toNanos();
    }

    /** What is left of it is discarded. */
    void refuse() {
        tooLargeSince = System.nanoTime() | 1;
        timeoutNanos = Math.min(timeoutNanos, DISCARD_SILENCE_NANOS);
    }

    boolean isTooLarge() {
        return tooLargeSince != 0;
    }

    /** Whether the client ended it early, or sent what is no body. */
    boolean isBroken() {
        return broken;
    }

    /** The message for the client. */
    String limit() {
        return "the body must not be longer than " + limit + " bytes";
    }

    long moved() {
        return moved;
    }

    /** Whether its client is waited for. */
    boolean isAwaited() {
        Body body = open;
        return body != null && body.waitingSince != Body.NOT_WAITING;
    }

    /** Whether its client has been silent for too long. */
    boolean isLate() {
        Body body = open;
        return body != null && body.nanosLeft() <= 0;
    }

    /** Has it read on by events; a thread that waits for it goes on by itself. */
    void wakeUp() {
        Body body = open;
        if (body != null && !exchange.isRequestComplete() && body.isReadResumed()) {
            body.wakeupReads();
        }
    }

    @Override
    public StreamSourceConduit wrap(
            ConduitFactory<StreamSourceConduit> factory, HttpServerExchange read) {
        Body body = new Body(factory.create());
        open = body;
        return body;
    }

    private final class Body extends AbstractStreamSourceConduit<StreamSourceConduit> {
        private static final long NOT_WAITING = 0;

        /** System.nanoTime, never {@link #NOT_WAITING}. */
        private volatile long waitingSince = NOT_WAITING;

        Body(StreamSourceConduit next) {
            super(next);
        }

        private long seen(long count) throws IOException {
            if (count > 0) {
                moved += count;
                if (moved > limit && !isTooLarge()) {
                    refuse();
                    throw new RequestTooBigException(limit());
                }
            }
            if (count < 0) {
                refuseBadTrailers();
                if (moved < announced) {
                    throw new IOException("shorter than its Content-Length says"); // over AJP
                }
            }
            if (count != 0) {
                waitingSince = NOT_WAITING;
            } else if (waitingSince == NOT_WAITING) {
                waitingSince = System.nanoTime() | 1;
            }
            return count;
        }

        private void refuseBadTrailers() throws IOException {
            HeaderMap trailers = exchange.getAttachment(HttpAttachments.REQUEST_TRAILERS);
            String fault = trailers == null ? null : RequestHead.fieldFault(trailers);
            if (fault != null) {
                exchange.removeAttachment(HttpAttachments.REQUEST_TRAILERS);
                throw new IOException("a trailer is wrong: " + fault);
            }
        }

        private long nanosLeft() {
            long since = waitingSince;
            return since == NOT_WAITING ? timeoutNanos : timeoutNanos - (System.nanoTime() - since);
        }

        private void refuseIfLate() throws IOException {
            boolean discardedForLong =
                    isTooLarge() && System.nanoTime() - tooLargeSince > DISCARD_NANOS;
            if (discardedForLong || nanosLeft() <= 0) {
                exchange.setPersistent(false);
                IoUtils.safeClose(exchange.getConnection());
                throw new ReadTimeoutException("the client's body fell silent");
            }
        }

        @Override
        public int read(ByteBuffer dst) throws IOException {
            refuseIfLate();
            try {
                return (int) seen(super.read(dst));
            } catch (IOException | RuntimeException e) {
                throw broken(e);
            }
        }

        @Override
        public long read(ByteBuffer[] dsts, int offset, int length) throws IOException {
            refuseIfLate();
            try {
                return seen(super.read(dsts, offset, length));
            } catch (IOException | RuntimeException e) {
                throw broken(e);
            }
        }

        /** Undertow's reader of trailers fails by any exception. */
        private IOException broken(Exception e) {
            broken = true;
            return e instanceof IOException failed ? failed : new IOException("no body", e);
        }

        @Override
        public long transferTo(long position, long count, FileChannel target) throws IOException {
            refuseIfLate();
            return seen(super.transferTo(position, count, target));
        }

        @Override
        public long transferTo(long count, ByteBuffer throughBuffer, StreamSinkChannel target)
                throws IOException {
            refuseIfLate();
            return seen(super.transferTo(count, throughBuffer, target));
        }

        @Override
        public void awaitReadable() throws IOException {
            awaitReadable(Long.MAX_VALUE, TimeUnit.NANOSECONDS);
        }

        @Override
        public void awaitReadable(long time, TimeUnit unit) throws IOException {
            refuseIfLate();
            // A millisecond more: XNIO rounds down, and 0 would mean for ever.
            long millis = TimeUnit.NANOSECONDS.toMillis(Math.min(nanosLeft(), unit.toNanos(time)));
            super.awaitReadable(millis + 1, TimeUnit.MILLISECONDS);
        }
    }
}
